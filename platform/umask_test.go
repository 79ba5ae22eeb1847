package platform

import "testing"

func TestUmask(t *testing.T) { // not parallel: it is that of the process
	was := Umask()
	if was < 0 {
		t.Skip("no umask here")
	}
	SetUmask(0o027)
	got := Umask()
	SetUmask(was)
	if now := Umask(); got != 0o027 || now != was {
		t.Errorf("%04o, then %04o; want %04o", got, now, was)
	}
}
