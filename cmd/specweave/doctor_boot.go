package main

import "context"

// bootRemedy installs the boot entry.
const bootRemedy = `"specweave service install"`

// bootState reports whether the system goes on with jobs when it starts, and
// which file says so.
func bootState(ctx context.Context) (installed bool, detail string) {
	b, err := bootEntry()
	if err != nil {
		return false, err.Error()
	}
	st, err := b.Status(ctx)
	switch {
	case err != nil:
		return false, err.Error()
	case !st.Installed:
		detail = "none"
	case !st.Enabled:
		detail = st.Path + " is not enabled"
	default:
		detail = st.Path
	}
	if st.Detail != "" {
		detail += " (" + st.Detail + ")"
	}
	return st.Installed && st.Enabled, detail
}
