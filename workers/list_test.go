package workers

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// All that is wrong with a list is said at once.
func TestReadSourcesFaults(t *testing.T) {
	t.Parallel()
	wrong := func(err error, want string) {
		t.Helper()
		if _, ok := errors.AsType[*InputError](err); !ok || err.Error() != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
	_, err := ReadSources(strings.NewReader("a/b\n-x\n# c\n\ny\x1b[2J/z\nc/d\nhttps://u:s3cret@h:x/a/b\n"), "list", Base{Dir: "/"})
	wrong(err, `list:2: "-x": begins with a dash, which git would take for an option
list:5: "y\x1b[2J/z": holds a control character or is not UTF-8
list:7: "https://***@h:x/a/b": malformed URL`)
	_, err = ReadSources(strings.NewReader(`["a/b", 7, "-x", {"owner": "a"}]`), "list", Base{Dir: "/"})
	wrong(err, `list: entry 2 at offset 8: neither a string nor an object
list: entry 3 at offset 11: "-x": begins with a dash, which git would take for an option
list: entry 4 at offset 17: needs "cloneUrl", or "owner" and "name"`)
	_, err = ReadSources(strings.NewReader(strings.Repeat("-x\n", 1000)), "list", Base{Dir: "/"})
	if lines := strings.Split(err.Error(), "\n"); len(lines) != maxFaults+1 || lines[maxFaults] != "and 980 more that cannot be used" {
		t.Errorf("%q", lines)
	}
	_, err = ParseSources([]string{"a/b", "-x", "nonsense"}, Base{Dir: "/"})
	if _, ok := errors.AsType[*InputError](err); !ok || strings.Count(err.Error(), "\n") != 1 {
		t.Error(err)
	}
	sources, err := ReadSources(strings.NewReader("a/b\nc/d\na/b\na/B\nhttps://h/a/b/c\n"), "list", Base{Dir: "/"})
	if err == nil {
		_, _, err = Collect(sources, "")
	}
	for _, place := range []string{"list:3: ", "list:4: ", "list:5: "} {
		if err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%v; want %s", err, place)
		}
	}
}

func TestReadSources(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"# all\na/b\n\n  c/d # note\r\n": "a/b c/d",
		"\ufeffa/b":                      "a/b",
		`["a/b", "https://h/c/d"]`:       "a/b c/d",
		`[{"owner":"a","name":"b"},{"cloneUrl":"https://h/x/y"}]`:                                       "a/b x/y",
		`{"repositories":[{"owner":"o","name":"n","cloneUrl":"https://h/x/y","path":"p/q"}],"extra":1}`: "o/n",
		"[::1]:a/b":                     "a/b",
		"a/b\n-x":                       `!list:2: "-x": begins with a dash`,
		"":                              "!empty",
		"\n# x\n":                       "!no source",
		"[]":                            "!no source",
		`["a/b",`:                       "!list: malformed JSON at offset 7: unexpected end",
		`["a/b"]]`:                      "!list: malformed JSON at offset 7: invalid character",
		`["a/b" x]`:                     "!list: malformed JSON at offset 7: invalid character",
		"\ufeff[x":                      "!list: malformed JSON at offset 4: invalid character",
		"\ufeff[1]":                     "!list: entry 1 at offset 4:",
		` {"a":1}`:                      `!at offset 1: an object without "repositories"`,
		`{"a":[1], "repositories":[1]}`: "!entry 1 at offset 26",
		`{"a":{}, "repositories": {}}`:  "!at offset 25: not an array",
		`{"repositories":null}`:         "!at offset 16: not an array",
		`{"repositories":["a/b"],"repositories":[2]}`: "!entry 1 at offset 40",
		`["a/b", {"x":7}, 7]`:                         "!entry 2 at offset 8",
		`["a/b","7", "7"]`:                            "!entry 2 at offset 7",
		`["-a", "-a"]`:                                "!entry 1 at offset 1",
		`["a/b", "a/c",
			"a/b", 1.5 ]`: "!entry 4 at offset 25",
		`{"a":1}`:             "!repositories",
		`{"repositories":{}}`: "!at offset 16: not an array",
		`["a/b", 7]`:          "!entry 2 at offset 8",
		`[{"owner":"a"}]`:     "!needs",
		`[{"owner":"../x","name":"b","cloneUrl":"https://h/x/y"}]`:                                          "!owner has a . or ..",
		`[{"owner":"` + strings.Repeat("a/", 600) + `a","name":"b","cloneUrl":"https://h/x/y","path":"p"}]`: "!owner is longer",
		`[{"owner":"a","name":"b","path":"/etc"}]`:                                                          "!absolute",
		`[{"owner":"a","name":"b","path":"x\u001b[2J"}]`:                                                    "!control",
		"a/b\n\xff\xfe":            "!line 2",
		"https://u:s3cret@h:x/a/b": "!***",
	} {
		sources, err := ReadSources(strings.NewReader(in), "list", Base{Dir: "/"})
		if reason, bad := strings.CutPrefix(want, "!"); bad {
			var e *InputError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q: %v, %v; want %s", in, sources, err, reason)
			}
			continue
		}
		var got []string
		for _, s := range sources {
			got = append(got, s.Owner+"/"+s.Name)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v; want %s", in, got, err, want)
		}
	}
	if _, err := ReadSources(iotest.ErrReader(errors.New("boom")), "list", Base{}); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Error(err)
	}
}
