package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	socketName = "nvidia-gpu.sock"
	// between is how often the kubelet's socket is looked at: a new one means a kubelet that knows nothing of us.
	between = time.Second
)

// plugin offers the GPUs of this host, each as many times as it is shared.
type plugin struct {
	api.UnimplementedDevicePluginServer
	sharing sharing
	devices []*api.Device
	done    <-chan struct{}
}

// devicesOf names a shared GPU's slices as NVIDIA's plugin does.
func devicesOf(uuids []string, s sharing) (devices []*api.Device) {
	for _, uuid := range uuids {
		for slice := range s.replicas {
			id := uuid
			if s.timeSliced {
				id = fmt.Sprintf("%s::%d", uuid, slice)
			}
			devices = append(devices, &api.Device{ID: id, Health: api.Healthy})
		}
	}
	return devices
}

// runPlugin serves until ctx ends; SIGHUP (the configuration changed) and a new kubelet start it over.
func runPlugin(ctx context.Context) error {
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	for ctx.Err() == nil {
		sharing, err := readSharing(os.Getenv("CONFIG_FILE"))
		if err != nil {
			return err
		}
		found, err := readGPUs(gpuFile)
		if err != nil {
			return err
		}
		round, cancel := context.WithCancel(ctx)
		p := &plugin{sharing: sharing, devices: devicesOf(found.UUIDs, sharing), done: round.Done()}
		err = p.serve(round, reload)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// serve registers with the kubelet and returns when it is time to register again.
func (p *plugin) serve(ctx context.Context, reload <-chan os.Signal) error {
	socket := filepath.Join(api.DevicePluginPath, socketName)
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, p)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer server.Stop()
	kubelet, err := os.Stat(api.KubeletSocket)
	if err != nil {
		return fmt.Errorf("the kubelet's socket: %w", err)
	}
	if err := p.register(ctx); err != nil {
		return err
	}
	slog.Info("Registered device plugin with Kubelet", "resource", p.sharing.resource, "devices", len(p.devices))
	ticker := time.NewTicker(between)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-reload:
			slog.Info("Received SIGHUP, restarting.")
			return nil
		case <-ticker.C:
			// While the kubelet restarts there is no socket, or one that is not its own yet.
			now, err := os.Stat(api.KubeletSocket)
			_, own := os.Stat(socket)
			if err == nil && (!os.SameFile(kubelet, now) || !now.ModTime().Equal(kubelet.ModTime()) || own != nil) {
				slog.Info("The kubelet restarted, registering again.")
				return nil
			}
		}
	}
}

func (p *plugin) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := grpc.NewClient("unix://"+api.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = api.NewRegistrationClient(conn).Register(ctx, &api.RegisterRequest{
		Version: api.Version, Endpoint: socketName, ResourceName: p.sharing.resource,
	}, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("register with the kubelet: %w", err)
	}
	return nil
}

// GetDevicePluginOptions is part of the kubelet's interface.
func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch tells the kubelet the devices once: GPUs of a lab host never break.
func (p *plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	if err := stream.Send(&api.ListAndWatchResponse{Devices: p.devices}); err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-stream.Context().Done():
	}
	return nil
}

// Allocate tells a container which GPUs it sees.
func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		if p.sharing.timeSliced && p.sharing.atMostOne && len(container.DevicesIds) > 1 {
			return nil, fmt.Errorf("invalid request for time-sliced resource %s: maximum request size for shared resources is 1; found %d", p.sharing.resource, len(container.DevicesIds))
		}
		var uuids []string
		for _, id := range container.DevicesIds {
			if !slices.ContainsFunc(p.devices, func(device *api.Device) bool { return device.ID == id }) {
				return nil, fmt.Errorf("invalid allocation request for %s: unknown device: %s", p.sharing.resource, id)
			}
			uuid, _, _ := strings.Cut(id, "::")
			if !slices.Contains(uuids, uuid) {
				uuids = append(uuids, uuid)
			}
		}
		response.ContainerResponses = append(response.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(uuids, ",")},
		})
	}
	return response, nil
}
