//go:build unix

package platform

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDetachInheritsNothing(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fd, err := unix.Dup(int(null.Fd())) // without close-on-exec, as a shell's 3>&1 has it
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	look := func(detach bool) error {
		c := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("exec test -e /dev/fd/%d", fd))
		if detach {
			Detach(c)
		}
		return c.Run()
	}
	if err := look(false); err != nil {
		t.Fatalf("not inherited to begin with: %v", err)
	}
	if look(true) == nil {
		t.Error("a detached process inherits what the caller left open")
	}
}
