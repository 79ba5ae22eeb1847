package workers

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	const unable = "fatal: unable to access 'https://h/a/b/': "
	for text, want := range map[string]string{
		unable + "The requested URL returned error: 401":                                                                                                ClassAuth,
		unable + "The requested URL returned error: 403":                                                                                                ClassAuth,
		"remote: Write access to repository not granted.\n" + unable + "The requested URL returned error: 403":                                          ClassAuth,
		"fatal: Authentication failed for 'https://h/a/b/'":                                                                                             ClassAuth,
		"fatal: could not read Username for 'https://h': terminal prompts disabled":                                                                     ClassAuth,
		"remote: HTTP Basic: Access denied. If a password was provided for Git authentication\nfatal: Authentication failed for 'x'":                    ClassAuth,
		"git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.":                                                 ClassAuth,
		"Host key verification failed.\nfatal: Could not read from remote repository.":                                                                  ClassAuth,
		"remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'x'":         ClassAuth,
		"fatal: repository 'https://h/a/b/' not found":                                                                                                  ClassNotFound,
		"remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found":                                                          ClassNotFound,
		"ERROR: Repository not found.\nfatal: Could not read from remote repository.":                                                                   ClassNotFound,
		"remote: TF401019: The Git repository with name or identifier x does not exist or you do not have permissions\nfatal: repository 'x' not found": ClassNotFound,
		"remote: The project you were looking for could not be found or you don't have permission to view it.\nfatal: repository 'x' not found":         ClassNotFound,
		"fatal: '/srv/x' does not appear to be a git repository\nfatal: Could not read from remote repository.":                                         ClassNotFound,
		"fatal: repository '/x' does not exist":                                                                                                         ClassNotFound,
		unable + "The requested URL returned error: 429":                                                                                                ClassThrottle,
		"error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429\nfatal: expected flush after ref listing":                            ClassThrottle,
		"remote: You have exceeded a secondary rate limit.\n" + unable + "The requested URL returned error: 403":                                        ClassThrottle,
		"fatal: remote error: Too many requests":                                                                                                        ClassThrottle,
		unable + "The requested URL returned error: 500":                                                                                                ClassServer,
		unable + "The requested URL returned error: 503":                                                                                                ClassServer,
		"remote: fatal: No space left on device\nfatal: early EOF":                                                                                      ClassServer, // the host's disk, not ours
		"remote: Internal Server Error\n" + unable + "The requested URL returned error: 502":                                                            ClassServer,
		"error: RPC failed; HTTP 504 curl 22 The requested URL returned error: 504\nfatal: the remote end hung up unexpectedly":                         ClassServer,
		unable + "Could not resolve host: h":                                                                                                            ClassNetwork,
		unable + "Failed to connect to h port 443: Connection refused":                                                                                  ClassNetwork,
		unable + "Failed to connect to h port 443 after 1 ms: Couldn't connect to server":                                                               ClassNetwork,
		unable + "Recv failure: Connection reset by peer":                                                                                               ClassNetwork,
		unable + "Empty reply from server":                                                                                                              ClassNetwork,
		unable + "OpenSSL SSL_connect: Connection reset by peer in connection to h:443":                                                                 ClassNetwork,
		unable + "gnutls_handshake() failed: Error in the pull function.":                                                                               ClassNetwork,
		"error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output": ClassNetwork,
		"ssh: connect to host h port 22: Connection timed out\nfatal: Could not read from remote repository.":                                                                                                              ClassNetwork,
		"ssh: Could not resolve hostname h: Name or service not known\nfatal: Could not read from remote repository.":                                                                                                      ClassNetwork,
		"fatal: unable to connect to h:\nh[0: 127.0.0.1]: errno=Connection refused":                                                                                                                                        ClassNetwork,
		"fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output":                                                                                                                        ClassDisk,
		"error: unable to write file f: Disk quota exceeded\nfatal: unable to checkout working tree":                                                                                                                       ClassDisk,
		"fatal: unable to write loose object file: No space left on device\nfatal: unpack-objects failed":                                                                                                                  ClassDisk,
		"fatal: update_ref failed for ref 'HEAD': cannot update the ref 'HEAD': unable to append to '/x/.git/logs/HEAD': No space left on device":                                                                          ClassDisk,
		"error: cannot lock ref 'refs/heads/main': Unable to create '/x/.git/refs/heads/main.lock': No space left on device":                                                                                               ClassDisk,
		"fatal: cannot copy '/usr/share/git-core/templates/description' to '/x/.git/description': No space left on device":                                                                                                 ClassDisk,
		"fatal: remote error: disk full: no space left on device":                                                                                                                                                          ClassServer,
		"fatal: write error: No space left on device\nfatal: Could not read from remote repository.":                                                                                                                       ClassServer, // over ssh
		"fatal: write error: No space left on device\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output":                                                                                                      ClassServer,
		"fatal: write error: No space left on device\nfatal: bad object 0":                                                                                                                                                 ClassOther,
		"Smudge error: No space left on device\nerror: external filter 'git-lfs filter-process' failed":                                                                                                                    ClassOther,
		"fatal: repository '/x/disk full/zz' does not exist":                                                                                                                                                               ClassNotFound,
		"fatal: repository '/x/it's' disk full' does not exist":                                                                                                                                                            ClassNotFound,
		"fatal: 'no space left on device": ClassOther, // cut off
		"fatal: detected dubious ownership in repository at '/x/rate limit/access denied'\nfatal: Could not read from remote repository.": ClassOther,
		"fatal: http://h/RPC_failed/access/denied:500/info/refs not valid: is this a git repository?":                                     ClassServer,
		"error: unable to create file rate limit/disk full: access denied: File name too long\nfatal: unable to checkout working tree":    ClassOther,
		unable + "SSL certificate problem: self-signed certificate":                                                                       ClassOther,
		"fatal: transport 'ext' not allowed": ClassOther,
		"fatal: something new":               ClassOther,
	} {
		s := &stderr{heard: func() {}}
		_, _ = s.Write([]byte("Cloning into '/x'...\nremote: Counting objects:  50% (1/2)\rReceiving objects:  10% (1/9), 1.00 KiB | 2.00 MiB/s\r" + text + "\n\nPlease make sure you have the correct access rights\nand the repository exists.\n"))
		class, line := classify(fmt.Errorf("wrapped: %w", &failure{lines: s.all(), err: errors.New("exit status 128")}))
		if class != want {
			t.Errorf("%q: %s; want %s", text, class, want)
		}
		if !strings.Contains(text, line) || line == "" || strings.Contains(line, "\n") {
			t.Errorf("%q: line %q", text, line)
		}
	}
	if class, _ := classify(fmt.Errorf("x: %w", syscall.ENOSPC)); class != ClassDisk {
		t.Error(class)
	}
	if class, line := classify(&failure{stalled: time.Minute}); class != ClassNetwork || !strings.Contains(line, "no output for 1m0s") {
		t.Error(class, line)
	}
}

func TestTelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":      "",
		parting: parting,
		"fatal: detected dubious ownership in repository at '/x'\nTo add an exception for this directory, call:\n\tgit config --global --add safe.directory /x\n" + parting: "fatal: detected dubious ownership in repository at '/x'",
		"error: a\nfatal: b\nerror: c":   "fatal: b",
		"ERROR: no such key\n" + parting: "ERROR: no such key",
		"remote: a\nb":                   "remote: a",
	} {
		if got := telling(strings.Split(text, "\n")); got != want {
			t.Errorf("%q: %q; want %q", text, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for try, most := range map[int]time.Duration{0: 1, 1: 1, 2: 2, 3: 4, 6: 32, 7: 60, 1000: 60} {
		most *= time.Second
		if got := backoff(try, 0); got != most {
			t.Errorf("backoff(%d, 0) = %v; want %v", try, got, most)
		}
		if got := backoff(try, 0.999999); got < most/2 || got > most*501/1000 {
			t.Errorf("backoff(%d, 1) = %v", try, got)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for out, ok := range map[string]bool{
		"git version 2.39.5": true, "git version 2.39.5 (Apple Git-154)\n": true, "git version 2.45.0.windows.1\r\n": true, "git version 3.0.0-rc1": true,
		"git version 2.31.0": true, "git version 2.30.9": false, "git version 1.99": false, "": false, "hub version 2.40": false, "git version x": false,
	} {
		if v, reason := checkVersion(out); (reason == "") != ok {
			t.Errorf("%q: %q, %q", out, v, reason)
		}
	}
}

func TestBatchMode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ssh":                        "ssh -oBatchMode=yes",
		"ssh -i key":                 "ssh -i key -oBatchMode=yes",
		`"C:/Program Files/ssh.exe"`: `"C:/Program Files/ssh.exe" -oBatchMode=yes`,
		`'C:\p q\plink.exe' -x`:      `'C:\p q\plink.exe' -x -batch`,
		"/opt/TortoisePlink.exe":     "/opt/TortoisePlink.exe",
	} {
		if got := batchMode(in, ""); got != want {
			t.Errorf("%s: %s; want %s", in, got, want)
		}
	}
	if got := batchMode("wrapper", "simple"); got != "wrapper" {
		t.Error(got)
	}
}

func TestGitEnv(t *testing.T) {
	t.Parallel()
	got := strings.Join(gitEnv([]string{
		"PATH=/bin", "GIT_DIR=/x", "GIT_TRACE=1", "GIT_SSL_CAINFO=/ca", "GIT_ASKPASS=/evil", "SSH_ASKPASS=/evil", "GITHUB_TOKEN=s", "AZURE_DEVOPS_EXT_PAT=s",
		"BITBUCKET_APP_PASSWORD=s", "JIRA_API_TOKEN=s", "AWS_SESSION_TOKEN=mine", "LC_ALL=de_DE", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_GLOBAL=/g",
	}), "\n")
	for _, no := range []string{"=s", "evil", "GIT_DIR", "TRACE", "de_DE", "CONFIG_COUNT"} {
		if strings.Contains(got, no) {
			t.Errorf("%s is in\n%s", no, got)
		}
	}
	for _, yes := range []string{"PATH=/bin", "GIT_SSL_CAINFO", "AWS_SESSION_TOKEN", "GIT_CONFIG_GLOBAL", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:http:ssh:git:file"} {
		if !strings.Contains(got, yes) {
			t.Errorf("%s is not in\n%s", yes, got)
		}
	}
}
