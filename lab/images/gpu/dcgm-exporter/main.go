// dcgm-exporter stands in for NVIDIA's on hosts that only pretend to have GPUs: the same variables, port, names and
// labels, and the pods from the kubelet as NVIDIA's has them. How busy the GPUs are is what a test says:
//
//	dcgm-exporter lab-set 95
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// utilFile is where `lab-set` leaves its number for the exporter.
const utilFile = "/tmp/lab-gpu-util"

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	run := serve
	if len(os.Args) > 1 {
		run = set
	}
	if err := run(); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

// set changes what every GPU of this host shows, in percent.
func set() error {
	if len(os.Args) != 3 || os.Args[1] != "lab-set" {
		return errors.New("usage: dcgm-exporter [lab-set <percent>]; all else is said by variables")
	}
	percent, err := strconv.Atoi(os.Args[2])
	if err != nil || percent < 0 || percent > 100 {
		return fmt.Errorf("%q is no whole number from 0 to 100", os.Args[2])
	}
	return os.WriteFile(utilFile, []byte(strconv.Itoa(percent)), 0o600)
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func serve() error {
	// What is not set here, NVIDIA's does otherwise, and so the lab would not show what it does.
	for _, name := range []string{"DCGM_EXPORTER_KUBERNETES", "KUBERNETES_VIRTUAL_GPUS"} {
		if os.Getenv(name) != "true" {
			return fmt.Errorf("%s is not true: the lab's exporter knows only GPUs that pods share", name)
		}
	}
	counters, err := readCounters(os.Getenv("DCGM_EXPORTER_COLLECTORS"))
	if err != nil {
		return err
	}
	found, err := readGPUs(gpuFile)
	if err != nil {
		return err
	}
	host := env("NODE_NAME", "unknown")
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(response, "OK")
	})
	mux.HandleFunc("/metrics", func(response http.ResponseWriter, request *http.Request) {
		ctx, cancel := context.WithTimeout(request.Context(), 5*time.Second)
		defer cancel()
		held, err := holders(ctx)
		percent := 0
		if err == nil {
			percent, err = utilisation(utilFile)
		}
		if err != nil {
			slog.Error("cannot measure", "error", err)
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		response.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprint(response, render(counters, found, host, held, percent))
	})
	listener, err := net.Listen("tcp", env("DCGM_EXPORTER_LISTEN", ":9400"))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	slog.Info("Starting webserver", "address", listener.Addr().String(), "gpus", strings.Join(found.UUIDs, ","))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
