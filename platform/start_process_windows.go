package platform

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// procThreadAttributeJobList puts a process into job objects from its creation
// on; see UpdateProcThreadAttribute. x/sys does not name it.
const procThreadAttributeJobList = 0x0002000d

// start is what CreateProcess needs beyond what package os/exec can tell it.
type start struct {
	cmd *exec.Cmd
	env []string
	job windows.Handle
}

// create creates the process. It inherits its standard streams and
// nothing else.
func (s start) create(flags uint32) (*windows.ProcessInformation, error) {
	var si windows.StartupInfoEx
	si.Cb = uint32(unsafe.Sizeof(si))
	si.Flags = windows.STARTF_USESTDHANDLES
	var inherited []windows.Handle
	for to, stream := range map[*windows.Handle]any{
		&si.StdInput: s.cmd.Stdin, &si.StdOutput: s.cmd.Stdout, &si.StdErr: s.cmd.Stderr,
	} {
		f, ok := stream.(*os.File)
		if !ok {
			return nil, errors.New("a standard stream is no file")
		}
		h, err := duplicate(windows.Handle(f.Fd()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		defer windows.CloseHandle(h) //nolint:errcheck // the process has its own
		*to = h
		inherited = append(inherited, h)
	}
	attributes, err := windows.NewProcThreadAttributeList(2)
	if err != nil {
		return nil, err
	}
	defer attributes.Delete()
	size := unsafe.Sizeof(s.job)
	err = errors.Join(
		attributes.Update(windows.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, unsafe.Pointer(&inherited[0]), uintptr(len(inherited))*size), //nolint:gosec // as many as there are
		attributes.Update(procThreadAttributeJobList, unsafe.Pointer(&s.job), size))                                               //nolint:gosec // one
	if err != nil {
		return nil, err
	}
	si.ProcThreadAttributeList = attributes.List()

	path, err1 := windows.UTF16PtrFromString(s.cmd.Path)
	line, err2 := windows.UTF16PtrFromString(windows.ComposeCommandLine(s.cmd.Args))
	dir, err3 := windows.UTF16PtrFromString(s.cmd.Dir)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	flags |= windows.CREATE_NO_WINDOW | windows.CREATE_NEW_PROCESS_GROUP |
		windows.CREATE_UNICODE_ENVIRONMENT | windows.EXTENDED_STARTUPINFO_PRESENT
	var info windows.ProcessInformation
	err = windows.CreateProcess(path, line, nil, nil, true, flags, &environment(s.env)[0], dir, &si.StartupInfo, &info)
	return &info, err
}

// duplicate returns a handle to the same that a child may be given.
func duplicate(h windows.Handle) (windows.Handle, error) {
	self := windows.CurrentProcess()
	var d windows.Handle
	err := windows.DuplicateHandle(self, h, self, &d, 0, true, windows.DUPLICATE_SAME_ACCESS)
	return d, err
}

// environment encodes variables, which hold no NUL, as CreateProcess wants
// them: sorted by name without regard to case, each ended by a NUL, and one
// more at the end.
func environment(vars []string) []uint16 {
	sorted := slices.SortedStableFunc(slices.Values(vars), func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return cmp.Compare(strings.ToUpper(nameA), strings.ToUpper(nameB))
	})
	return utf16.Encode([]rune(strings.Join(sorted, "\x00") + "\x00\x00"))
}
