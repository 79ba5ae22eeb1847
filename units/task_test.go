package units_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/specweave/specweave/units"
)

const taskText = `<?xml version="1.0" encoding="UTF-16"?>
<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task" version="1.2">
  <RegistrationInfo>
    <Description>SpecWeave: go on with interrupted jobs</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition>
        <Interval>PT10M</Interval>
      </Repetition>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
    </TimeTrigger>
    <LogonTrigger>
      <UserId>DESK\ann &amp; bob</UserId>
      <Delay>PT1M</Delay>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>DESK\ann &amp; bob</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT15M</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\System32\conhost.exe</Command>
      <Arguments>--headless &#34;PROGRAM&#34; jobs reconcile &#34;&lt;a b&gt;&#34;</Arguments>
    </Exec>
  </Actions>
</Task>
`

func TestTask(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	got, err := units.TaskOf(`DESK\ann & bob`, []string{exe, "jobs", "reconcile", "<a b>"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Replace(taskText, "PROGRAM", exe, 1), fromUTF16(t, got)); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	for _, args := range [][]string{nil, {"relative"}, {exe, "a\nb"}, {exe, "%TEMP%"}, {exe, "$(Arg0)"}} {
		if got, err := units.TaskOf("ann", args); err == nil {
			t.Errorf("%q: %s", args, fromUTF16(t, got))
		}
	}
}

// fromUTF16 reads what begins with a mark of its order.
func fromUTF16(t *testing.T, b []byte) string {
	t.Helper()
	all := make([]uint16, len(b)/2)
	if _, err := binary.Decode(b, binary.LittleEndian, all); err != nil || all[0] != 0xfeff {
		t.Fatalf("%v in %x", err, b)
	}
	return string(utf16.Decode(all[1:]))
}

// schtasks stands in for the program of that name: it keeps what it was told.
type schtasks struct {
	told []string
	xml  []byte
	fail error
}

func (s *schtasks) run(_ context.Context, args ...string) ([]byte, error) {
	s.told = append(s.told, args[0]+" "+args[2])
	switch {
	case s.fail != nil:
		return nil, s.fail
	case args[0] == "/Create":
		var err error
		s.xml, err = os.ReadFile(args[4])
		return nil, err
	case args[0] == "/Delete":
		s.xml = nil
	}
	return s.xml, nil
}

func TestTasks(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &schtasks{}
	tasks := units.TasksBy(s.run)
	if err := tasks.Query(t.Context(), "x"); !errors.Is(err, units.ErrNoTask) {
		t.Errorf("as under Wine: %v", err)
	}
	if err := tasks.Create(t.Context(), "x", []string{exe, "jobs"}); err != nil {
		t.Fatal(err)
	}
	if err := tasks.Query(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	if err := tasks.Remove(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	s.fail = errors.New("access denied")
	for _, err := range []error{tasks.Create(t.Context(), "x", []string{exe}), tasks.Query(t.Context(), "x"), tasks.Remove(t.Context(), "x")} {
		if !errors.Is(err, s.fail) {
			t.Errorf("%v", err)
		}
	}
	want := []string{"/Query x", "/Create x", "/Query x", "/Delete x", "/Create x", "/Query x", "/Delete x"}
	if diff := cmp.Diff(want, s.told); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{`C:\a b\specweave.exe`},
		{`C:\x.exe`, "a", "", "b c", "\t", `"`, `\`, `\\`, `a\b`, `a b\`, `a b\\`, `\"`, `a\\"b c\"`, "ü ☃", "%x%", "^&|<>"},
	} {
		line := units.CommandLineOf(args)
		if diff := cmp.Diff(args, takeApart(line)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
	if got, want := units.CommandLineOf([]string{`C:\p q.exe`, "jobs", `a b\`, `c"d`}), `"C:\p q.exe" jobs "a b\\" "c\"d"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// takeApart does what CommandLineToArgvW is documented to.
func takeApart(line string) (args []string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(line, `"`), `"`)
	args = append(args, first)
	for rest = strings.TrimLeft(rest, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		var arg strings.Builder
		quoted := false
		for rest != "" && (quoted || rest[0] != ' ' && rest[0] != '\t') {
			n := len(rest) - len(strings.TrimLeft(rest, `\`))
			rest = rest[n:]
			switch {
			case !strings.HasPrefix(rest, `"`):
				arg.WriteString(strings.Repeat(`\`, n))
				if n == 0 {
					arg.WriteByte(rest[0])
					rest = rest[1:]
				}
			default:
				arg.WriteString(strings.Repeat(`\`, n/2))
				if n%2 == 1 {
					arg.WriteByte('"')
				} else {
					quoted = !quoted
				}
				rest = rest[1:]
			}
		}
		args = append(args, arg.String())
	}
	return args
}

// The entry for real, where it is nobody's: in the registry of a Windows that
// is made for the tests.
func TestBootLogon(t *testing.T) {
	if os.Getenv("SPECWEAVE_WINE_TEST") != "1" {
		t.Skip("needs unitstest/with-wine")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &schtasks{}
	b := units.LogonBootBy([]string{exe, "jobs", "reconcile"}, s.run)
	status := func(want units.BootStatus) {
		t.Helper()
		want.Path, _ = b.Path()
		if got, err := b.Status(t.Context()); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
	status(units.BootStatus{})
	for range 2 {
		if err := b.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
		status(units.BootStatus{Installed: true, Enabled: true})
	}
	b = units.LogonBootBy([]string{exe, "else"}, (&schtasks{}).run)
	status(units.BootStatus{Installed: true, Enabled: true, Detail: "another version wrote it; no task looks after jobs between two logons: no such task"})
	for range 2 {
		if err := b.Uninstall(t.Context()); err != nil {
			t.Fatal(err)
		}
		status(units.BootStatus{})
	}
	long := units.LogonBootBy([]string{exe, strings.Repeat("x", 260)}, s.run)
	if err := long.Install(t.Context()); err == nil {
		t.Error("more than Windows takes")
	}
}
