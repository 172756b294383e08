// k3s is the lab's stand-in for K3s: the same command, files and behaviour as far as a bootstrap sees them, made
// from Kubernetes's own modules. What it does not do it refuses by name.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"sophia-infra/lab/k3s/internal/agent"
	"sophia-infra/lab/k3s/internal/client"
	"sophia-infra/lab/k3s/internal/config"
	"sophia-infra/lab/k3s/internal/server"
)

const usage = `NAME:
   k3s - Kubernetes, but small and simple (the lab's stand-in)

USAGE:
   k3s [global options] command [command options] [arguments...]

COMMANDS:
   server           Run management server
   agent            Run node agent
   kubectl          Run kubectl
   crictl           Run crictl
   ctr              Run ctr
   etcd-snapshot    Manage etcd snapshots (save, ls, delete, prune)
   secrets-encrypt  Show secrets encryption (status)
   token            Make tokens (generate)
   check-config     Tell whether this host has what a node needs
`

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if name != "kubectl" && name != "ctr" && name != "crictl" {
		if len(args) == 0 {
			fmt.Print(usage)
			return
		}
		name, args = args[0], args[1:]
	}
	if part := part(name); part != nil {
		os.Args = append([]string{name}, args...)
		os.Exit(cli.Run(part()))
	}
	if name == "kubectl" {
		os.Exit(client.Kubectl(args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, name, args); err != nil && ctx.Err() != nil {
		slog.Info("Stopped", "reason", err.Error())
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "level=fatal msg=%q\n", err.Error())
		os.Exit(1)
	}
}

// part is the command of a part of a node, which k3s runs as a child of its own.
func part(name string) func() *cobra.Command {
	return map[string]func() *cobra.Command{
		"kube-apiserver":          server.NewAPIServerCommand,
		"kube-controller-manager": controllermanager.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kube-proxy":              proxy.NewProxyCommand,
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	}[name]
}

func run(ctx context.Context, name string, args []string) error {
	switch name {
	case "server", "agent":
		role := map[string]config.Role{"server": config.Server, "agent": config.Agent}[name]
		values, err := config.Parse(role, args, os.Getenv)
		if err != nil {
			return err
		}
		c, err := config.Of(role, values)
		if err != nil {
			return err
		}
		if os.Geteuid() != 0 {
			return fmt.Errorf("k3s %s must run as root", name)
		}
		slog.Info("Starting k3s " + version.Get().GitVersion)
		if role == config.Server {
			return server.Run(ctx, c)
		}
		return agent.Run(ctx, c)
	case "ctr", "crictl":
		return client.Runtime(name, args)
	case "etcd-snapshot":
		return client.Snapshots(ctx, args)
	case "token":
		return client.Token(args)
	case "secrets-encrypt":
		return client.SecretsEncrypt(args)
	case "check-config":
		return agent.CheckHost()
	case "--version", "-v", "-version":
		v := version.Get()
		fmt.Printf("k3s version %s (%.8s)\ngo version %s\n", v.GitVersion, v.GitCommit, runtime.Version())
		return nil
	case "help", "--help", "-h":
		fmt.Print(usage)
		return nil
	default:
		return fmt.Errorf("No help topic for '%s': the lab's k3s has no such command", name)
	}
}
