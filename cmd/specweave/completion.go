package main

import (
	"embed"
	"strings"

	"github.com/alecthomas/kong"
)

//go:embed completion
var completionScripts embed.FS

// completionCmd prints a shell's script. It knows no grammar: it asks
// candidatesCmd at each Tab.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (c completionCmd) Run(e *env) error {
	script, err := completionScripts.ReadFile("completion/" + c.Shell)
	if err != nil {
		return err
	}
	e.out.printf("%s", script)
	return nil
}

// candidatesCmd says what the last word may become: one a line, with its
// meaning after a tab.
type candidatesCmd struct {
	Words []string `arg:"" optional:"" help:"What stands after specweave, up to the word that is completed."`
}

func (c candidatesCmd) Run(e *env, k *kong.Context) error {
	for _, found := range complete(k.Model.Node, c.Words, e.idsOf) {
		e.out.printf("%s\t%s\n", found.word, found.help)
	}
	return nil
}

// idsOf names the jobs of a project; empty: of the current directory.
func (e *env) idsOf(project string) []candidate {
	e.cli.Project = project
	s, err := e.store()
	if err != nil {
		return nil
	}
	views, _ := s.List() // a damaged job hides no other
	found := []candidate{{"@latest", "the newest job"}}
	for _, v := range views {
		found = append(found, candidate{v.Job.ID, string(v.State.Status)})
	}
	return found
}

// candidate is what a word may become.
type candidate struct{ word, help string }

// complete returns what the last of words may become, and nothing where that
// is a file or anybody's guess. ids lists the jobs of a project.
func complete(app *kong.Node, words []string, ids func(project string) []candidate) []candidate {
	if len(words) == 0 {
		return nil
	}
	at, last := position{node: app}, words[len(words)-1]
	for _, word := range words[:len(words)-1] {
		at.pass(word)
	}
	var found []candidate
	switch {
	case at.flag != nil:
		found = values(at.flag.Value, at.flag.PlaceHolder, at.project, ids)
	case strings.HasPrefix(last, "-") && !at.onlyArgs:
		found = at.flags()
	default:
		found = at.args(ids)
	}
	matching := found[:0]
	for _, c := range found {
		if strings.HasPrefix(c.word, last) {
			matching = append(matching, c)
		}
	}
	return matching
}

// position is a place between two words of a command line.
type position struct {
	node     *kong.Node
	nth      int        // positional arguments of node before it
	flag     *kong.Flag // whose value comes next
	onlyArgs bool       // after --
	project  string
}

func (p *position) pass(word string) {
	switch {
	case p.flag != nil:
		p.set(p.flag, word)
		p.flag = nil
	case p.onlyArgs:
		p.nth++
	case word == "--":
		p.onlyArgs = true
	case strings.HasPrefix(word, "-") && len(word) > 1:
		p.passFlag(word)
	default:
		for _, child := range p.node.Children {
			if child.Name == word {
				p.node, p.nth = child, 0
				return
			}
		}
		p.nth++
	}
}

func (p *position) passFlag(word string) {
	name, value, given := strings.Cut(word, "=")
	for _, f := range p.all() {
		short := ""
		if f.Short != 0 {
			short = "-" + string(f.Short)
		}
		switch {
		case name == "--"+f.Name && given:
			p.set(f, value)
		case (name == "--"+f.Name || word == short) && !f.IsBool():
			p.flag = f
		}
	}
}

func (p *position) set(f *kong.Flag, value string) {
	if f.Name == "project" {
		p.project = value
	}
}

// all returns the flags that may stand here; those of a command that needs no
// naming too.
func (p *position) all() []*kong.Flag {
	node := p.node
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	var all []*kong.Flag
	for _, group := range node.AllFlags(true) {
		all = append(all, group...)
	}
	return all
}

func (p *position) flags() []candidate {
	var found []candidate
	for _, f := range p.all() {
		found = append(found, candidate{"--" + f.Name, brief(f.Help)})
	}
	return found
}

func (p *position) args(ids func(string) []candidate) []candidate {
	var found []candidate
	for _, child := range p.node.Children {
		if !child.Hidden && p.nth == 0 && !p.onlyArgs {
			found = append(found, candidate{child.Name, brief(child.Help)})
		}
	}
	node := p.node
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	if n := len(node.Positional); n > 0 {
		arg := node.Positional[min(p.nth, n-1)]
		if p.nth < n || arg.IsCumulative() {
			found = append(found, values(arg, strings.ToUpper(arg.Name), p.project, ids)...)
		}
	}
	return found
}

// values returns what v may be; the word for it tells a job's id.
func values(v *kong.Value, word, project string, ids func(string) []candidate) []candidate {
	if strings.HasPrefix(word, "ID") {
		return ids(project)
	}
	var found []candidate
	if v.Enum != "" {
		for _, word := range v.EnumSlice() {
			if word != "" {
				found = append(found, candidate{word: word})
			}
		}
	}
	return found
}

// brief cuts help to its first sentence.
func brief(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(strings.Join(strings.Fields(first), " "), ".")
}
