package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/pki"
)

func resetFlag(c *config.Config) string { return c.Path("server/db/reset-flag") }

// reset makes this server the only member of its cluster, from its own data or from a snapshot, and ends: the
// operator starts it again without the flag. Like K3s, it refuses to do so twice in a row.
func reset(ctx context.Context, c *config.Config) error {
	if _, err := os.Stat(resetFlag(c)); err == nil {
		return fmt.Errorf("Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start k3s normally. If you need to perform another cluster reset, you must first manually delete the file at %s", resetFlag(c))
	}
	if c.RestorePath != "" {
		if err := restore(c); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(c.Path("server/db"), 0o700); err != nil {
		return err
	}
	if err := prepare(c); err != nil {
		return err
	}
	e := etcdConfig(c)
	e.ForceNewCluster = true
	etcd, err := startEtcd(ctx, e)
	if err != nil {
		return err
	}
	err = unsealSecrets(ctx, c)
	etcd.Close()
	if err != nil {
		return err
	}
	if err := pki.WriteFile(resetFlag(c), nil, 0o600); err != nil {
		return err
	}
	slog.Info("Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. Backup and delete ${datadir}/server/db on each peer etcd server and rejoin the nodes")
	return nil
}

// restore puts a snapshot in the place of etcd's data; the old data is kept beside it.
func restore(c *config.Config) error {
	if _, err := os.Stat(c.RestorePath); err != nil {
		return fmt.Errorf("cluster-reset-restore-path: %w", err)
	}
	data := c.Path("server/db/etcd")
	aside := fmt.Sprintf("%s-old-%d", data, time.Now().Unix())
	if err := os.Rename(data, aside); err == nil {
		slog.Info("Moved the old etcd data", "to", aside)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e := etcdConfig(c)
	if err := snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath: c.RestorePath, Name: e.Name, OutputDataDir: data, OutputWALDir: data + "/member/wal",
		PeerURLs: []string{e.AdvertisePeerUrls[0].String()}, InitialCluster: e.InitialCluster,
		InitialClusterToken: e.InitialClusterToken,
		// Nodes remember revisions that the snapshot does not know: numbers go on well above them, and whoever
		// watches is made to start over.
		RevisionBump: 1_000_000_000, MarkCompacted: true,
	}); err != nil {
		return fmt.Errorf("restore %s: %w", c.RestorePath, err)
	}
	return nil
}

func clearResetFlag(c *config.Config) error {
	if err := os.Remove(resetFlag(c)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
