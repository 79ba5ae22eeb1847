package profiles

// Permissions are what may be done with the items of a source. Those but Read
// are about writing outside.
type Permissions struct {
	Read         bool `json:"canRead"`
	UpdateStatus bool `json:"canUpdateStatus"` // change the status of items
	Upsert       bool `json:"canUpsert"`       // make items, and change all else of them
	Delete       bool `json:"canDelete"`       // close items whose story is gone, archive stories whose item is gone
}

// Writes reports whether anything may be written outside.
func (p Permissions) Writes() bool { return p.UpdateStatus || p.Upsert || p.Delete }

// presets are those of SpecWeave's sync/config.js.
var presets = map[string]Permissions{
	"read-only":     {Read: true},
	"push-only":     {UpdateStatus: true, Upsert: true},
	"bidirectional": {Read: true, UpdateStatus: true, Upsert: true},
	"full-control":  {Read: true, UpdateStatus: true, Upsert: true, Delete: true},
}

var presetNames = []string{"read-only", "push-only", "bidirectional", "full-control"}

// permissions are those of a provider's profile, which is at o.
func (d defaults) permissions(provider string, o object) Permissions {
	places := []object{
		d.sync.at("orchestration").object().at("permissions").object().at(provider).object(),
		d.sync.at("permissions").object().at(provider).object(),
		o.at("permissions").object(),
	}
	preset := d.sync.at("preset").one(presetNames...)
	for _, at := range places {
		if name := at.at("preset").one(presetNames...); name != "" {
			preset = name
		}
	}
	p := d.settings(preset)
	for _, at := range places {
		for name, flag := range map[string]*bool{
			"canRead": &p.Read, "canUpdateStatus": &p.UpdateStatus, "canUpsert": &p.Upsert, "canDelete": &p.Delete,
		} {
			if is := at.at(name).truth(); is != nil {
				*flag = *is
			}
		}
	}
	return p
}

// settings are the permissions of a preset and of SpecWeave's older settings, or
// of a direction, which is older still. Each may be missing.
func (d defaults) settings(preset string) Permissions {
	at := d.sync.at("settings").object()
	intern, extern, status := at.at("canUpsertInternalItems").truth(), at.at("canUpdateExternalItems").truth(), at.at("canUpdateStatus").truth()
	yes, no := new(true), new(false)
	switch at.at("syncDirection").one("bidirectional", "export", "to-external", "import", "from-external") {
	case "bidirectional":
		intern, extern, status = yes, yes, yes
	case "export", "to-external":
		intern, extern, status = yes, no, no
	case "import", "from-external":
		intern, extern, status = no, no, yes
	}
	p, given := presets[preset]
	if !given {
		p.Read = true
		p.UpdateStatus = status != nil && *status
		p.Upsert = intern != nil && extern != nil && *intern && *extern
		return p
	}
	p.UpdateStatus = p.UpdateStatus && (status == nil || *status)
	p.Upsert = p.Upsert && (intern == nil || *intern) && (extern == nil || *extern)
	return p
}
