package units

import "context"

// Ending reports whether this user's systemd manager is on its way out, as at
// a logout or a shutdown; known is false where there is none to ask. A process
// that is told to end can so tell a person's wish for it from the system's.
// See SystemState in org.freedesktop.systemd1(5).
func Ending(ctx context.Context) (ending, known bool) {
	m, err := newSystemd(ctx, Look(), normal())
	if err != nil {
		return false, false
	}
	c, err := m.connect(ctx)
	if err != nil {
		return false, false
	}
	state, err := property[string](c.SystemStateContext(ctx))
	if err != nil {
		return false, false
	}
	return state == "stopping", true
}
