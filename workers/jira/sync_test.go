package jira_test

import (
	"net/http"
	"testing"

	"github.com/specweave/specweave/workers/providertest"
	"github.com/specweave/specweave/workers/syncer/syncertest"
)

// TestCloudSync syncs with a site that has a field for criteria.
func TestCloudSync(t *testing.T) {
	v := cloud
	v.Serve = func(w *providertest.World) http.Handler { return &fake{World: w, cloud: true, areas: true} }
	syncertest.Run(t, v)
}

// TestServerSync syncs with one that has none.
func TestServerSync(t *testing.T) { syncertest.Run(t, server) }
