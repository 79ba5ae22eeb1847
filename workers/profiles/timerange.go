package profiles

import (
	"slices"
	"time"
)

// Range is how far back a first sync looks: one of SpecWeave's 1W 2W 1M 3M 6M 1Y
// ALL.
type Range string

// ranges are the steps of a Range, the narrowest first.
var ranges = []string{"1W", "2W", "1M", "3M", "6M", "1Y", "ALL"}

// Since is the time that is so far before now; zero for all time.
func (r Range) Since(now time.Time) time.Time {
	switch r {
	case "1W":
		return now.AddDate(0, 0, -7)
	case "2W":
		return now.AddDate(0, 0, -14)
	case "3M":
		return now.AddDate(0, -3, 0)
	case "6M":
		return now.AddDate(0, -6, 0)
	case "1Y":
		return now.AddDate(-1, 0, 0)
	case "ALL":
		return time.Time{}
	}
	return now.AddDate(0, -1, 0)
}

// timeRange is the default of a profile, which its most bounds.
func (d defaults) timeRange(o object) Range {
	usual := d.sync.at("settings").object().at("defaultTimeRange").one(ranges...)
	if usual == "" {
		usual = "1M"
	}
	most := o.at("max").one(ranges...)
	at := o.at("default")
	if given := at.one(ranges...); given != "" {
		usual = given
	}
	if most != "" && index(usual) > index(most) {
		if at.is != nil {
			at.warn("%s is more than %s, which is the most", usual, most)
		}
		usual = most
	}
	return Range(usual)
}

func index(r string) int { return slices.Index(ranges, r) }
