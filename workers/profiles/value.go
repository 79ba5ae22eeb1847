package profiles

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/specweave/specweave/workers/lazyregexp"
)

// Fault is something in the file that cannot be meant.
type Fault struct {
	Path    string `json:"path"` // sync.profiles.web.config.owner; may hold anything
	Problem string `json:"problem"`
	Warning bool   `json:"warning,omitempty"` // it does not keep a profile from being used
}

func (f Fault) String() string { return f.Path + ": " + f.Problem }

// value is what stands at a place, nil where nothing does. What has the wrong
// type is a fault, and as if it were not there.
type value struct {
	path   string
	is     any
	faults *[]Fault
}

func (v value) fault(format string, args ...any) {
	*v.faults = append(*v.faults, Fault{Path: v.path, Problem: fmt.Sprintf(format, args...)})
}

func (v value) warn(format string, args ...any) {
	*v.faults = append(*v.faults, Fault{Path: v.path, Problem: fmt.Sprintf(format, args...), Warning: true})
}

// as is the value as a T.
func as[T any](v value, what string) (t T, ok bool) {
	if v.is == nil {
		return t, false
	}
	if t, ok = v.is.(T); !ok {
		v.fault("not %s", what)
	}
	return t, ok
}

func (v value) text() string {
	s, _ := as[string](v, "a string")
	return strings.TrimSpace(s)
}

// truth is nil where nothing is said.
func (v value) truth() *bool {
	if b, ok := as[bool](v, "true or false"); ok {
		return &b
	}
	return nil
}

// count is a whole number from 1 on, 0 where nothing is said.
func (v value) count() int {
	f, ok := as[float64](v, "a number")
	if !ok {
		return 0
	}
	if f < 1 || f > math.MaxInt32 || f != math.Trunc(f) {
		v.fault("not a whole number from 1 on")
		return 0
	}
	return int(f)
}

func (v value) list() []value {
	all, _ := as[[]any](v, "a list")
	values := make([]value, len(all))
	for i, one := range all {
		values[i] = value{fmt.Sprintf("%s[%d]", v.path, i), one, v.faults}
	}
	return values
}

// texts are the strings of a list that say anything.
func (v value) texts() []string {
	var all []string
	for _, one := range v.list() {
		if s := one.text(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// one is the string, which has to be one of some.
func (v value) one(of ...string) string {
	s := v.text()
	if s != "" && !slices.Contains(of, s) {
		v.fault("%q is not one of %s", s, strings.Join(of, ", "))
		return ""
	}
	return s
}

// object is a value with keys.
type object struct {
	value
	keys map[string]any
}

func (v value) object() object {
	keys, _ := as[map[string]any](v, "an object")
	return object{v, keys}
}

var plainKey = lazyregexp.New(`^[A-Za-z0-9_-]+$`)

func (o object) at(key string) value {
	path := o.path + "." + key
	if !plainKey.MatchString(key) {
		path = o.path + "[" + strconv.Quote(key) + "]"
	}
	return value{strings.TrimPrefix(path, "."), o.keys[key], o.faults}
}

func (o object) names() []string { return slices.Sorted(maps.Keys(o.keys)) }
