package server

import (
	"errors"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/rest"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	"sophia-infra/lab/k3s/internal/join"
)

// What the API server's process must know beside its flags: where the cluster's secrets are, and which node it is on.
const (
	dataDirEnv = "K3S_PART_DATA_DIR"
	ownNodeEnv = "K3S_PART_NODE_NAME"
)

// NewAPIServerCommand is kube-apiserver with K3s's own endpoints (/ping, /cacerts, /v1-k3s/…) on the same port,
// in front of Kubernetes's authentication: joining nodes have only a token to show.
func NewAPIServerCommand() *cobra.Command {
	s := options.NewServerRunOptions()
	ctx := genericapiserver.SetupSignalContext()
	command := &cobra.Command{
		Use:          "kube-apiserver",
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			if err := s.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
				return err
			}
			rest.SetDefaultWarningHandler(rest.NoWarnings{})
			if err := logsapi.ValidateAndApply(s.Logs, utilfeature.DefaultFeatureGate); err != nil {
				return err
			}
			completed, err := s.Complete(ctx)
			if err != nil {
				return err
			}
			if faults := completed.Validate(); len(faults) != 0 {
				return utilerrors.NewAggregate(faults)
			}
			dataDir := os.Getenv(dataDirEnv)
			if dataDir == "" {
				return errors.New(dataDirEnv + " is not set: kube-apiserver is started by `k3s server`")
			}
			config, err := app.NewConfig(completed)
			if err != nil {
				return err
			}
			supervisor, err := join.NewServer(dataDir, os.Getenv(ownNodeEnv), config.KubeAPIs.ControlPlane.Generic.LoopbackClientConfig)
			if err != nil {
				return err
			}
			chain := config.Aggregator.GenericConfig.BuildHandlerChainFunc
			config.Aggregator.GenericConfig.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
				return supervisor.Before(chain(api, c))
			}
			ready, err := config.Complete()
			if err != nil {
				return err
			}
			server, err := app.CreateServerChain(ready)
			if err != nil {
				return err
			}
			prepared, err := server.PrepareRun()
			if err != nil {
				return err
			}
			return prepared.Run(ctx)
		},
	}
	named := s.Flags()
	for _, set := range named.FlagSets {
		command.Flags().AddFlagSet(set)
	}
	return command
}
