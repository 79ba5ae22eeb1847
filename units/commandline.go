package units

import "strings"

// commandLine joins arguments to what a Windows program takes apart again, by
// the rules of CommandLineToArgvW: a quotation mark is escaped by a backslash,
// backslashes before one are doubled, others stand for themselves. The first is
// a path, in which there are no quotation marks.
// https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
func commandLine(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i == 0 {
			b.WriteString(`"` + arg + `"`)
			continue
		}
		b.WriteByte(' ')
		if arg != "" && !strings.ContainsAny(arg, " \t\n\v\"") {
			b.WriteString(arg)
			continue
		}
		b.WriteByte('"')
		slashes := 0
		for _, c := range []byte(arg) {
			switch c {
			case '\\':
				slashes++
			case '"':
				b.WriteString(strings.Repeat(`\`, slashes+1))
				slashes = 0
			default:
				slashes = 0
			}
			b.WriteByte(c)
		}
		b.WriteString(strings.Repeat(`\`, slashes) + `"`)
	}
	return b.String()
}
