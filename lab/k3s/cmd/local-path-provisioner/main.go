// local-path-provisioner makes volumes out of folders of the nodes: the lab's build of what K3s packages under this
// name, with the same class, paths and volumes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const provisionerName = "rancher.io/local-path"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == "setup" {
		return setup(args[1])
	}
	if len(args) == 2 && args[0] == "teardown" {
		return os.RemoveAll(args[1])
	}
	flags := flag.NewFlagSet("local-path-provisioner start", flag.ContinueOnError)
	configFile := flags.String("config", "/etc/config/config.json", "where volumes are made, by node")
	if len(args) == 0 || args[0] != "start" {
		return fmt.Errorf("expected `start`, got %q", args)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	restConfig, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	p := &provisioner{client: client, configFile: *configFile, namespace: os.Getenv("POD_NAMESPACE"), helper: os.Getenv("HELPER_IMAGE")}
	controller.NewProvisionController(ctx, client, provisionerName, p,
		controller.LeaderElection(false), controller.MetricsPort(0)).Run(ctx)
	return nil
}

// setup makes a volume's folder on the node: everybody in the pod may write, nobody else on the host gets that far.
func setup(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	// The process's umask has taken rights away.
	if err := os.Chmod(folder, 0o777); err != nil {
		return err
	}
	return os.Chmod(folder+"/..", 0o700)
}
