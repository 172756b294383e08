package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"

	"sophia-infra/lab/k3s/internal/pki"
)

// importImages imports the archives in agent/images, as K3s does on hosts without a registry. What has been imported
// before and has not changed since is left out.
func (a *Agent) importImages(ctx context.Context) error {
	archives, err := filepath.Glob(a.c.Path("agent/images/*.tar"))
	if err != nil {
		return err
	}
	journal := a.c.Path("agent/images/.imported.json")
	known := map[string]string{}
	if text, err := os.ReadFile(journal); err == nil {
		if err := json.Unmarshal(text, &known); err != nil {
			return fmt.Errorf("%s: %w: remove it to import all images again", journal, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	seen := map[string]string{}
	for _, archive := range archives {
		info, err := os.Stat(archive)
		if err != nil {
			return err
		}
		seen[archive] = fmt.Sprintf("%d bytes of %s", info.Size(), info.ModTime())
		if known[archive] == seen[archive] {
			continue
		}
		slog.Info("Importing images", "from", archive)
		if err := ctr(ctx, "--namespace=k8s.io", "images", "import", archive); err != nil {
			return err
		}
	}
	if maps.Equal(known, seen) {
		return nil
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return err
	}
	return pki.WriteFile(journal, text, 0o600)
}
