package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/snapshot"
	"go.uber.org/zap"

	"sophia-infra/lab/k3s/internal/config"
)

// Snapshot is one saved state of etcd.
type Snapshot struct {
	Name     string    `json:"name"`
	Location string    `json:"location"`
	Size     int64     `json:"size"`
	Created  time.Time `json:"created"`
}

// Save asks the running etcd for a snapshot, <base>-<node>-<unix time> in the snapshot directory.
func Save(ctx context.Context, c *config.Config, base string) (Snapshot, error) {
	name := fmt.Sprintf("%s-%s-%d", base, c.NodeName, time.Now().Unix())
	path := filepath.Join(c.Snapshots.Dir, name)
	if err := os.MkdirAll(c.Snapshots.Dir, 0o700); err != nil {
		return Snapshot{}, err
	}
	config, err := etcdTLS(c)
	if err != nil {
		return Snapshot{}, fmt.Errorf("read etcd's client certificate (has this server ever run?): %w", err)
	}
	etcd := clientv3.Config{Endpoints: []string{"https://127.0.0.1:2379"}, TLS: config, DialTimeout: 5 * time.Second}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if _, err := snapshot.SaveWithVersion(ctx, zap.NewNop(), etcd, path); err != nil {
		return Snapshot{}, fmt.Errorf("save snapshot %s: %w", name, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Name: name, Location: "file://" + path, Size: info.Size(), Created: info.ModTime()}, nil
}

// List lists the snapshots on this server, oldest first.
func List(c *config.Config) ([]Snapshot, error) {
	entries, err := os.ReadDir(c.Snapshots.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Snapshot
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasSuffix(entry.Name(), ".part") {
			continue
		}
		path := filepath.Join(c.Snapshots.Dir, entry.Name())
		found = append(found, Snapshot{Name: entry.Name(), Location: "file://" + path, Size: info.Size(), Created: info.ModTime()})
	}
	slices.SortFunc(found, func(a, b Snapshot) int { return a.Created.Compare(b.Created) })
	return found, nil
}

// Delete removes snapshots by name.
func Delete(c *config.Config, names []string) error {
	for _, name := range names {
		if name != filepath.Base(name) {
			return fmt.Errorf("%q is not the name of a snapshot", name)
		}
		if err := os.Remove(filepath.Join(c.Snapshots.Dir, name)); err != nil {
			return fmt.Errorf("delete snapshot %s: %w", name, err)
		}
	}
	return nil
}

// Prune removes all but the newest `retention` snapshots whose name starts with base, and returns what it removed.
func Prune(c *config.Config, base string, retention int) ([]string, error) {
	all, err := List(c)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, one := range all {
		if strings.HasPrefix(one.Name, base+"-"+c.NodeName+"-") {
			names = append(names, one.Name)
		}
	}
	old := names[:max(0, len(names)-retention)]
	return old, Delete(c, old)
}

// scheduleSnapshots saves by the clock of the schedule until ctx ends.
func scheduleSnapshots(ctx context.Context, c *config.Config) error {
	if c.Snapshots.Off {
		return nil
	}
	clock := cron.New()
	if _, err := clock.AddFunc(c.Snapshots.Cron, func() {
		saved, err := Save(ctx, c, c.Snapshots.Name)
		if err != nil {
			slog.Error("Scheduled snapshot failed", "error", err)
			return
		}
		slog.Info("Saved snapshot", "name", saved.Name, "size", saved.Size)
		if _, err := Prune(c, c.Snapshots.Name, c.Snapshots.Retention); err != nil {
			slog.Error("Cannot prune snapshots", "error", err)
		}
	}); err != nil {
		return fmt.Errorf("etcd-snapshot-schedule-cron %q: %w", c.Snapshots.Cron, err)
	}
	clock.Start()
	context.AfterFunc(ctx, func() { clock.Stop() })
	return nil
}
