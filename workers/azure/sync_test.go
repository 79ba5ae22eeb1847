package azure_test

import (
	"testing"

	"github.com/specweave/specweave/workers/syncer/syncertest"
)

func TestSync(t *testing.T) { syncertest.Run(t, writer()) }
