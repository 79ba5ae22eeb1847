package stories

import (
	"path"
	"strings"
)

// shelve finds the folder of a new story, below specs, and plans what it needs:
// the one folder of a repository, or for items in a hierarchy that of the
// feature they lie below.
func (l *Library) shelve(p *page, d Draft) (string, error) {
	i := d.Item
	where := home(i)
	if repository(i.Platform) {
		return l.feature(p, where, featureDoc{d: d}, func(f feature) bool {
			return strings.EqualFold(f.repo, oneLine(i.Source)) && (f.source == "" || f.source == i.Platform)
		}), nil
	}
	id := Normalize(ExternalID(i.Platform, i.ID))
	own := func(f feature) bool { return f.external == id }
	lv := l.levelOf(i)
	epic := ""
	if lv == epicLevel {
		epic = l.epic(p, where, d, id)
	}
	parent := Normalize(ExternalID(i.Platform, i.Parent))
	if parent != "" && lv != epicLevel {
		if dir, ok := l.below(where, i.Platform, parent); ok && lv != featureLevel {
			return dir, nil
		} else if ok && l.isFeature(where, dir, parent) {
			if above := l.epicOf(where, parent); above != "" {
				epic = above
			} else {
				return dir, nil
			}
		} else if lv == storyLevel {
			awaited := ExternalID(i.Platform, i.Parent)
			return l.feature(p, where, featureDoc{d: d, awaited: awaited}, func(f feature) bool { return f.external == parent }), nil
		}
	}
	if lv == featureLevel || lv == epicLevel {
		return l.feature(p, where, featureDoc{d: d, isItem: true, epic: epic}, own), nil
	}
	if f := l.awaited(where, own); f != "" { // its children came first
		return f, nil
	}
	dir := path.Join(where, orphans)
	if !l.exists(path.Join(dir, "README.md")) && !p.plans(dir, "README.md") {
		p.files = append(p.files, file{dir: dir, name: "README.md", data: orphansDoc(p.now)})
	}
	return dir, nil
}

// below is the folder where what lies below an item goes: the item's own, or
// the one that its story is in.
func (l *Library) below(where, platform, parent string) (string, bool) {
	match := func(f feature) bool { return f.external == parent }
	if f := featureFor(l.x.features[where], match); f != nil {
		return f.dir, true
	}
	e := l.x.entries[parent]
	if e.name == "" || platform == jira && homeOf(e.dir) != where {
		return "", false
	}
	return e.dir, true
}

// isFeature reports whether a folder is that of the item itself.
func (l *Library) isFeature(where, dir, external string) bool {
	f := featureFor(l.x.features[where], func(f feature) bool { return f.external == external })
	return f != nil && f.dir == dir || featureName.MatchString(path.Base(dir))
}

func (l *Library) awaited(where string, match func(feature) bool) string {
	if f := featureFor(l.x.features[where], match); f != nil {
		return f.dir
	}
	return ""
}

// feature finds a feature's folder below where, or plans a new one.
func (l *Library) feature(p *page, where string, doc featureDoc, match func(feature) bool) string {
	f := featureFor(l.x.features[where], match)
	if f == nil {
		l.x.refresh(l.specs, where)
		f = featureFor(l.x.features[where], match)
	}
	if f != nil {
		l.arrive(p, *f, doc)
		return f.dir
	}
	i := doc.d.Item
	n := nextNumber(l.x.features[where], i.Created)
	doc.number, doc.imported = n, p.now
	made := feature{number: n, dir: path.Join(where, featureID(n)), source: i.Platform, created: p.now}
	switch {
	case repository(i.Platform):
		made.repo = oneLine(i.Source)
	case doc.isItem:
		made.external = Normalize(ExternalID(i.Platform, i.ID))
	default:
		made.external = Normalize(doc.awaited)
	}
	l.x.features[where] = append(l.x.features[where], made)
	p.files = append(p.files, file{dir: made.dir, name: "FEATURE.md", data: doc.String()})
	return made.dir
}

// arrive gives a feature that was known by its children only what its item
// says, unless a person has written there.
func (l *Library) arrive(p *page, f feature, doc featureDoc) {
	if !doc.isItem {
		return
	}
	now, err := readSome(l.specs, path.Join(f.dir, "FEATURE.md"))
	if err != nil {
		return
	}
	was := doc
	was.number, was.imported = f.number, f.created
	was.isItem, was.awaited, was.epic = false, ExternalID(doc.d.Item.Platform, doc.d.Item.ID), ""
	if withoutArea(now) != withoutArea(was.String()) {
		return
	}
	doc.number, doc.imported = f.number, f.created
	p.files = append(p.files, file{dir: f.dir, name: "FEATURE.md", data: doc.String()})
}

// withoutArea is a FEATURE.md without what the first child has told.
func withoutArea(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "ado_area_path:") && !strings.HasPrefix(line, "**Area Path**:") && strings.TrimSpace(line) != "" {
			b.WriteString(line)
		}
	}
	return b.String()
}

// epic finds an item's epic, or plans one, and returns its id.
func (l *Library) epic(p *page, where string, d Draft, id string) string {
	match := func(f feature) bool { return f.external == id }
	f := featureFor(l.x.epics[where], match)
	if f == nil {
		l.x.refresh(l.specs, where)
		f = featureFor(l.x.epics[where], match)
	}
	if f != nil {
		return path.Base(f.dir)
	}
	n := nextNumber(l.x.epics[where], d.Item.Created)
	made := feature{number: n, dir: path.Join(where, "_epics", epicID(n)), external: id, created: d.Item.Created}
	l.x.epics[where] = append(l.x.epics[where], made)
	p.files = append(p.files, file{dir: made.dir, name: "EPIC.md", data: epicDoc(n, d, p.now)})
	return epicID(n)
}

// epicOf is the id of the epic that an item is; "" if it is none.
func (l *Library) epicOf(where, external string) string {
	if f := featureFor(l.x.epics[where], func(f feature) bool { return f.external == external }); f != nil {
		return path.Base(f.dir)
	}
	return ""
}

// plans reports whether a page writes a file.
func (p *page) plans(dir, name string) bool {
	for _, f := range p.files {
		if f.dir == dir && f.name == name {
			return true
		}
	}
	return false
}
