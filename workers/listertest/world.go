package listertest

import (
	"fmt"
	"time"

	"github.com/specweave/specweave/workers"
)

// world returns what the servers of the suite hold.
func (v *Vendor) world() *World {
	w := &World{
		URL:      "http://" + host,
		Login:    workers.Login{Username: "somebody", Password: "correct-horse-battery"},
		Self:     "me",
		Owners:   make(map[string]Owner),
		PageSize: 3,
	}
	add := func(name string, user bool, list ...workers.Listed) {
		name = v.owner(name)
		for i := range list {
			list[i].Owner = name
			list[i].CloneURL = w.URL + "/" + name + "/" + list[i].Name + ".git"
			list[i].SSHURL = "git@" + host + ":" + name + "/" + list[i].Name + ".git"
		}
		w.Owners[name] = Owner{User: user, Repositories: list}
	}
	add("acme", false, variety()...)
	add("alice", true, repositories(4)...)
	mine := repositories(2)
	mine[0].Visibility = "private"
	add("me", true, mine...)
	add("hollow", false)
	moving := repositories(6)
	moving[3] = moving[2] // pushed away from the first page while it was read
	add("moving", false, moving...)
	return w
}

// repositories returns n that differ in their names.
func repositories(n int) []workers.Listed {
	list := make([]workers.Listed, n)
	for i := range list {
		list[i] = workers.Listed{
			Name: fmt.Sprintf("r%d", i), Size: int64(i+1) << 10, Visibility: "public", Language: "Go",
			Topics: []string{"one", "two"}, PushedAt: time.Date(2026, 1, 2, 3, 4, i, 0, time.UTC),
		}
	}
	return list
}

// variety returns one of each kind. Names are the hosts' own: they may be
// strange, and one that leads elsewhere is not for a lister to refuse.
func variety() []workers.Listed {
	list := repositories(10)
	for i, name := range []string{"plain", ".github", "-dash", "dots.and_bars", "UPPER", "con", "../elsewhere"} {
		list[i].Name = name
	}
	list[1].Visibility = "private"
	list[2].Visibility = "internal"
	list[3].Archived = true
	list[4].Fork = true
	list[5].Empty = true
	list[6].Disabled = true
	list[7].Topics, list[7].Language = nil, ""
	list[8].PushedAt = time.Time{}
	list[9].Size = 5 << 40
	return list
}
