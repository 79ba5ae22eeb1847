package stories

import (
	"io/fs"
	"slices"
	"strconv"

	"github.com/specweave/specweave/workers"
)

// planTask notes a task of Azure DevOps in the story that it is part of.
func (l *Library) planTask(p *page, d Draft, id string) {
	t := task{id, title(d), d.Item.Status == workers.StatusCompleted}
	parent := Normalize(ExternalID(d.Item.Platform, d.Item.Parent))
	if slices.Contains(l.x.children[parent], t) {
		return
	}
	l.x.child(parent, t)
	p.records = append(p.records, record{id: id, parent: parent, task: t})
	if !slices.Contains(p.dirty, parent) {
		p.dirty = append(p.dirty, parent)
	}
}

// tasks are those of a story, in the order of their ids.
func (l *Library) tasks(id string) []task {
	list := slices.Clone(l.x.children[id])
	slices.SortFunc(list, func(a, b task) int { return naturally(a.id, b.id) })
	return list
}

// planTasks brings the tasks that changed into stories that were written
// before, or earlier on this page.
func (l *Library) planTasks(p *page) error {
	for _, id := range p.dirty {
		e := l.x.entries[id]
		if e.name == "" {
			continue // it will list them when it comes
		}
		theirs := []chunk{{key: tasksKey, pre: tasksKey + "\n\n", val: taskLines(l.tasks(id)), after: "\n\n"}}
		old := l.log.base(e.was)
		var mine []chunk
		var raw string
		var info fs.FileInfo
		if slices.ContainsFunc(p.moves, func(m move) bool { return m.to == e.dir && m.name == e.name }) {
			continue // it was written with all its tasks
		}
		at := slices.IndexFunc(p.files, func(f file) bool { return f.dir == e.dir && f.name == e.name })
		if at >= 0 {
			raw, info = p.files[at].data, p.files[at].was
			mine = parse(raw)
			old = p.base(id)
		} else {
			var err error
			if mine, raw, info, err = l.story(e); err != nil {
				continue // the log has the task for the next time
			}
		}
		clean := pristine(raw, mine)
		if old == nil && clean {
			old = baseOf(mine)
		}
		only := base{}
		if was, ok := old[tasksKey]; ok {
			only[tasksKey] = was
		}
		merged, _ := merge(terms{old: only}, mine, theirs)
		if clean { // and stays so
			rehash(merged)
		}
		f := file{e.dir, e.name, asIn(raw, text(merged)), info}
		if f.data == raw {
			continue
		}
		if at >= 0 {
			p.files[at] = f
		} else {
			p.files = append(p.files, f)
		}
		if old != nil {
			old[tasksKey] = hash(theirs[0].val)
			p.records = append(p.records, record{id: id, source: e.source, more: e.more, dir: e.dir, name: e.name, base: old})
		}
	}
	return nil
}

// base is that of a story of this page.
func (p *page) base(id string) base {
	for _, r := range slices.Backward(p.records) {
		if r.id == id && r.parent == "" {
			return r.base
		}
	}
	return nil
}

// child notes a task that a story lists, in the place of what was known of it.
func (x *index) child(parent string, t task) {
	list := x.children[parent]
	for i := range list {
		if list[i].id == t.id {
			list[i] = t
			return
		}
	}
	x.children[parent] = append(list, t)
}

// naturally orders ids by the number at their end.
func naturally(a, b string) int {
	na, nb := trailing(a), trailing(b)
	switch {
	case na < nb:
		return -1
	case na > nb:
		return 1
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func trailing(s string) uint64 {
	at := len(s)
	for at > 0 && s[at-1] >= '0' && s[at-1] <= '9' {
		at--
	}
	n, _ := strconv.ParseUint(s[at:], 10, 64)
	return n
}
