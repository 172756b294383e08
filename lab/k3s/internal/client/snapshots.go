package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/server"
)

// snapshotFlags are the flags of etcd-snapshot that a server does not have under the same name.
type snapshotFlags struct {
	name, output string
	rest, names  []string
}

// Snapshots is `k3s etcd-snapshot save|ls|delete|prune`.
func Snapshots(ctx context.Context, args []string) error {
	verb := "save"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	flags := split(args)
	c, err := settings(flags.rest)
	if err != nil {
		return err
	}
	switch verb {
	case "save":
		base := flags.name
		if base == "" {
			base = "on-demand"
		}
		saved, err := server.Save(ctx, c, base)
		if err != nil {
			return err
		}
		fmt.Printf("Snapshot %s saved.\n", saved.Name)
		return nil
	case "ls", "list", "l":
		return list(c, flags.output)
	case "delete":
		if len(flags.names) == 0 {
			return errors.New("no snapshots given for removal")
		}
		if err := server.Delete(c, flags.names); err != nil {
			return err
		}
		for _, name := range flags.names {
			fmt.Printf("Snapshot %s deleted.\n", name)
		}
		return nil
	case "prune":
		base := flags.name
		if base == "" {
			base = "on-demand"
		}
		pruned, err := server.Prune(c, base, c.Snapshots.Retention)
		for _, name := range pruned {
			fmt.Printf("Snapshot %s deleted.\n", name)
		}
		return err
	default:
		return fmt.Errorf("the lab's k3s does not support etcd-snapshot %s", verb)
	}
}

func list(c *config.Config, output string) error {
	found, err := server.List(c)
	if err != nil {
		return err
	}
	if output == "json" {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"kind": "List", "apiVersion": "v1", "items": found})
	}
	if output != "" {
		return fmt.Errorf("invalid output format %q: the lab's k3s knows json and the table", output)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintln(table, "Name\tLocation\tSize\tCreated")
	for _, one := range found {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", one.Name, one.Location, one.Size, one.Created.UTC().Format(time.RFC3339))
	}
	return table.Flush()
}

// split sorts the arguments of etcd-snapshot into its own flags, names, and flags that a server has too.
func split(args []string) (flags snapshotFlags) {
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") {
			flags.names = append(flags.names, args[i])
			continue
		}
		into := map[string]*string{"name": &flags.name, "o": &flags.output, "output": &flags.output}[name]
		own := map[string]string{"dir": "etcd-snapshot-dir", "etcd-snapshot-dir": "etcd-snapshot-dir",
			"snapshot-retention": "etcd-snapshot-retention", "etcd-snapshot-retention": "etcd-snapshot-retention"}[name]
		if !hasValue && i+1 < len(args) {
			i++
			value = args[i]
		}
		switch {
		case into != nil:
			*into = value
		case own != "":
			flags.rest = append(flags.rest, "--"+own+"="+value)
		default:
			flags.rest = append(flags.rest, "--"+name+"="+value)
		}
	}
	return flags
}

// settings reads a server's configuration for a command that works on it.
func settings(args []string) (*config.Config, error) {
	values, err := config.Parse(config.Server, args, os.Getenv)
	if err != nil {
		return nil, err
	}
	return config.Of(config.Server, values)
}
