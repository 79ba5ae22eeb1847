package platform

import (
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// bootID is the number that Windows gives each boot. Where it does not, it is
// the time of the boot, which changes when the clock is set.
func bootID() string {
	const path = `SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters`
	if k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE); err == nil {
		n, _, err := k.GetIntegerValue("BootId")
		_ = k.Close() // it was only read
		if err == nil {
			return "boot " + strconv.FormatUint(n, 10)
		}
	}
	if t := BootTime(); !t.IsZero() {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return ""
}

// BootTime returns when the machine started; zero if it does not say. The
// kernel keeps it, so that two who ask are told the same, other than the
// difference of the clock and the time since.
func BootTime() time.Time {
	const systemTimeOfDayInformation = 3
	var info struct{ boot, now, zone, rest1, rest2, rest3 int64 }                                                                // SYSTEM_TIMEOFDAY_INFORMATION
	err := windows.NtQuerySystemInformation(systemTimeOfDayInformation, unsafe.Pointer(&info), uint32(unsafe.Sizeof(info)), nil) //nolint:gosec // its size is the type's
	if err != nil || info.boot == 0 {
		return time.Time{}
	}
	ft := windows.Filetime{LowDateTime: uint32(info.boot), HighDateTime: uint32(info.boot >> 32)} //nolint:gosec // its two halves
	return time.Unix(0, ft.Nanoseconds())
}
