package agent

import (
	"errors"
	"fmt"
	"os/exec"
)

// CheckHost tells whether the programs that a node calls are there.
func CheckHost() error {
	var missing []error
	for program, of := range map[string]string{
		"containerd": "containerd", "containerd-shim-runc-v2": "containerd", "ctr": "containerd", "runc": "runc",
		"iptables": "iptables", "ipset": "ipset", "conntrack": "conntrack", "mount": "mount",
	} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, fmt.Errorf("%s is missing: install the package %s", program, of))
		}
	}
	if _, err := cniPrograms(); err != nil {
		missing = append(missing, err)
	}
	if len(missing) == 0 {
		fmt.Println("STATUS: pass")
	}
	return errors.Join(missing...)
}
