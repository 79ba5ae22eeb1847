package platform

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// stopVar names the event that asks this process to end.
const stopVar = "SPECWEAVE_STOP_EVENT"

// StopAsked returns a channel that is closed when [StopFamily] asks this
// process to end, which it looks for until ctx ends. It is called once: the
// variable it reads is unset for the commands this process runs.
func StopAsked(ctx context.Context) <-chan struct{} {
	asked := make(chan struct{})
	name := os.Getenv(stopVar)
	_ = os.Unsetenv(stopVar) // fails for names with "=" only
	text, err := windows.UTF16PtrFromString(name)
	if name == "" || err != nil {
		return asked
	}
	event, err := windows.OpenEvent(windows.SYNCHRONIZE, false, text)
	if err != nil {
		return asked
	}
	go func() {
		defer windows.CloseHandle(event) //nolint:errcheck // the process holds another
		const step = 500                 // milliseconds
		for ctx.Err() == nil {
			switch r, err := windows.WaitForSingleObject(event, step); {
			case r == windows.WAIT_OBJECT_0:
				close(asked)
				return
			case err != nil && !errors.Is(err, windows.WAIT_TIMEOUT):
				return
			}
		}
	}()
	return asked
}
