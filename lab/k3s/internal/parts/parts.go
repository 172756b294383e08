// Package parts runs the programs that make up a node: children of this process, which live and die with it.
package parts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// grace is how long a part may take to end before it is killed. K3s gives its parts none: they end with the process.
const grace = 2 * time.Second

// Group is a set of parts. The first to end ends all, as in K3s, where they share one process.
type Group struct {
	*errgroup.Group
	ctx context.Context
}

// NewGroup returns a group that ends with ctx, and the context that ends with the group.
func NewGroup(ctx context.Context) (*Group, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	return &Group{Group: group, ctx: ctx}, ctx
}

// Self starts this program again as one of its parts.
func (g *Group) Self(part string, args []string, env ...string) {
	g.Program(part, "/proc/self/exe", append([]string{part}, args...), env...)
}

// Program starts a program of the host.
func (g *Group) Program(name, path string, args []string, env ...string) {
	g.Go(func() error {
		// The kernel ties "die with your parent" to the thread that made the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		command := exec.Command(path, args...)
		command.Args[0] = "k3s"
		if path != "/proc/self/exe" {
			command.Args[0] = path
		}
		// systemd listens to the main process only.
		command.Env = slices.DeleteFunc(append(os.Environ(), env...), func(variable string) bool {
			return strings.HasPrefix(variable, "NOTIFY_SOCKET=")
		})
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
		if err := command.Start(); err != nil {
			return fmt.Errorf("start %s: %w", name, err)
		}
		slog.Info("Running " + name)
		ended := make(chan struct{})
		go func() {
			select {
			case <-ended:
				return
			case <-g.ctx.Done():
			}
			stop(command.Process, ended)
		}()
		err := command.Wait()
		close(ended)
		if g.ctx.Err() != nil {
			return nil
		}
		if err == nil {
			err = errors.New("without a reason")
		}
		return fmt.Errorf("%s ended: %w; its own log above says more", name, err)
	})
}

func stop(process *os.Process, ended <-chan struct{}) {
	if err := process.Signal(syscall.SIGTERM); err != nil {
		return
	}
	select {
	case <-ended:
	case <-time.After(grace):
		if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			slog.Error("cannot kill part", "pid", process.Pid, "error", err)
		}
	}
}

// Until calls probe until it succeeds, at a fixed short interval; the error names what was awaited and the last fault.
func Until(outer context.Context, what string, deadline time.Duration, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(outer, deadline)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	// The first reason is said soon, a lasting one now and then.
	logged := time.Now().Add(-4 * time.Second)
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if time.Since(logged) > 5*time.Second {
			slog.Info("Waiting for "+what, "last", err.Error())
			logged = time.Now()
		}
		select {
		case <-ctx.Done():
			if outer.Err() != nil {
				return fmt.Errorf("stopped while waiting for %s; last: %w", what, err)
			}
			return fmt.Errorf("waited %s for %s; last: %w", deadline, what, err)
		case <-ticker.C:
		}
	}
}

// Notify tells systemd about the state of the service; without systemd it does nothing.
func Notify(state string) error {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}
