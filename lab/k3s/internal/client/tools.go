// Package client is what `k3s` offers beside running nodes: kubectl, the runtime's tools, snapshots and tokens.
package client

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"

	"sophia-infra/lab/k3s/internal/agent"
)

const adminKubeconfig = "/etc/rancher/k3s/k3s.yaml"

// Kubectl runs kubectl in this process, on the server's own kubeconfig unless the caller chose another.
func Kubectl(args []string) int {
	if os.Getenv("KUBECONFIG") == "" {
		if file, err := os.Open(adminKubeconfig); err == nil {
			file.Close()
			os.Setenv("KUBECONFIG", adminKubeconfig)
		} else if os.IsPermission(err) {
			fmt.Fprintf(os.Stderr, "Unable to read %s, please start server with --write-kubeconfig-mode or --write-kubeconfig-group to modify kube config permissions\n", adminKubeconfig)
		}
	}
	os.Args = append([]string{"kubectl"}, args...)
	return cli.Run(cmd.NewDefaultKubectlCommand())
}

// Runtime replaces this process by one of the host's runtime tools, pointed at K3s's containerd.
func Runtime(tool string, args []string) error {
	path, err := exec.LookPath(tool)
	if err != nil {
		return fmt.Errorf("the lab's k3s needs the host's own %s for this: %w", tool, err)
	}
	env := os.Environ()
	switch tool {
	case "ctr":
		env = append(env, "CONTAINERD_ADDRESS="+agent.Socket, "CONTAINERD_NAMESPACE=k8s.io")
	case "crictl":
		env = append(env, "CONTAINER_RUNTIME_ENDPOINT=unix://"+agent.Socket, "IMAGE_SERVICE_ENDPOINT=unix://"+agent.Socket)
	}
	return syscall.Exec(path, append([]string{tool}, args...), env)
}
