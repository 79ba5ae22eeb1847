package main

import (
	"path/filepath"

	"github.com/specweave/specweave/workers"
)

// gitFlags say what git is asked to do.
type gitFlags struct {
	Update       bool   `help:"Fetch what is there already; a branch without changes of your own is fast-forwarded, everything else kept."`
	Depth        int    `placeholder:"N" help:"Only the last N commits."`
	Filter       string `placeholder:"SPEC" help:"Partial clone, such as blob:none or tree:0."`
	Mirror       bool   `help:"Bare clones with all refs. With --update what the remote lost goes as well."`
	SingleBranch bool   `help:"Only the branch that is checked out."`
	Submodules   bool   `help:"With submodules, and theirs; with --depth only their last commit."`
	LFS          *bool  `name:"lfs" negatable:"" help:"Large files: --lfs with, --no-lfs without. Default: as git is configured."`
	Reference    string `placeholder:"DIR" help:"Copy objects from DIR, a repository or a folder of {owner}/{name}, in place of fetching them."`
}

// ask puts the flags into a config.
func (f gitFlags) ask(c *workers.CloneConfig) error {
	c.Update, c.Depth, c.Filter, c.Mirror = f.Update, f.Depth, f.Filter, f.Mirror
	c.SingleBranch, c.Submodules, c.LFS = f.SingleBranch, f.Submodules, f.LFS
	if f.Reference == "" {
		return nil
	}
	dir, err := filepath.Abs(f.Reference)
	if err != nil {
		return &workers.InputError{Input: "--reference " + workers.Show(f.Reference), Reason: bare(err)}
	}
	c.Reference = dir
	return nil
}
