package platform

// Umask returns -1: Windows has none.
func Umask() int { return -1 }

// SetUmask does nothing.
func SetUmask(int) {}
