package config

// Kind is how the values of a key are read.
type Kind int

const (
	Text Kind = iota
	Switch
	Number
	List
)

// Role is the command that a key belongs to.
type Role int

const (
	Server Role = 1 << iota
	Agent
	Both = Server | Agent
)

// Key is one setting: a key of config.yaml and a command-line flag of the same name.
type Key struct {
	Kind    Kind
	Role    Role
	Default string
	// Env is the environment variable that sets the key when neither file nor command line does.
	Env string
	// Unsupported keys exist in K3s; this stand-in refuses to start with them rather than ignore them.
	Unsupported bool
}

// Aliases are K3s's one-letter flags.
var Aliases = map[string]string{
	"c": "config", "d": "data-dir", "i": "node-ip", "o": "write-kubeconfig", "s": "server", "t": "token", "v": "v",
}

// Keys are the settings of K3s 1.36. Whatever is not listed does not exist in K3s either.
var Keys = map[string]Key{
	"config":   {Role: Both, Env: "K3S_CONFIG_FILE"},
	"data-dir": {Role: Both, Default: "/var/lib/rancher/k3s", Env: "K3S_DATA_DIR"},
	"debug":    {Kind: Switch, Role: Both, Env: "K3S_DEBUG"},
	"v":        {Kind: Number, Role: Both, Default: "0"},

	"token":                      {Role: Both, Env: "K3S_TOKEN"},
	"token-file":                 {Role: Both, Env: "K3S_TOKEN_FILE"},
	"agent-token":                {Role: Server, Env: "K3S_AGENT_TOKEN"},
	"agent-token-file":           {Role: Server, Env: "K3S_AGENT_TOKEN_FILE"},
	"server":                     {Role: Both, Env: "K3S_URL"},
	"cluster-init":               {Kind: Switch, Role: Server, Env: "K3S_CLUSTER_INIT"},
	"cluster-reset":              {Kind: Switch, Role: Server, Env: "K3S_CLUSTER_RESET"},
	"cluster-reset-restore-path": {Role: Server},

	"advertise-address":     {Role: Server},
	"tls-san":               {Kind: List, Role: Server},
	"tls-san-security":      {Kind: Switch, Role: Server, Default: "true"},
	"write-kubeconfig":      {Role: Server, Default: "/etc/rancher/k3s/k3s.yaml", Env: "K3S_KUBECONFIG_OUTPUT"},
	"write-kubeconfig-mode": {Role: Server, Default: "600", Env: "K3S_KUBECONFIG_MODE"},

	"cluster-cidr":            {Role: Server, Default: "10.42.0.0/16"},
	"service-cidr":            {Role: Server, Default: "10.43.0.0/16"},
	"service-node-port-range": {Role: Server, Default: "30000-32767"},
	"cluster-dns":             {Role: Server},
	"cluster-domain":          {Role: Server, Default: "cluster.local"},
	"flannel-backend":         {Role: Server, Default: "vxlan"},
	"flannel-external-ip":     {Kind: Switch, Role: Server},
	"flannel-iface":           {Role: Both},

	"etcd-expose-metrics":         {Kind: Switch, Role: Server},
	"etcd-disable-snapshots":      {Kind: Switch, Role: Server},
	"etcd-snapshot-name":          {Role: Server, Default: "etcd-snapshot"},
	"etcd-snapshot-schedule-cron": {Role: Server, Default: "0 */12 * * *"},
	"etcd-snapshot-retention":     {Kind: Number, Role: Server, Default: "5"},
	"etcd-snapshot-dir":           {Role: Server},

	"disable":                     {Kind: List, Role: Server},
	"disable-cloud-controller":    {Kind: Switch, Role: Server},
	"disable-helm-controller":     {Kind: Switch, Role: Server},
	"disable-network-policy":      {Kind: Switch, Role: Server},
	"secrets-encryption":          {Kind: Switch, Role: Server},
	"kube-apiserver-arg":          {Kind: List, Role: Server},
	"kube-controller-manager-arg": {Kind: List, Role: Server},
	"kube-scheduler-arg":          {Kind: List, Role: Server},
	"kubelet-arg":                 {Kind: List, Role: Both},
	"kube-proxy-arg":              {Kind: List, Role: Both},

	"node-name":               {Role: Both, Env: "K3S_NODE_NAME"},
	"node-ip":                 {Kind: List, Role: Both},
	"node-external-ip":        {Kind: List, Role: Both},
	"node-label":              {Kind: List, Role: Both},
	"node-taint":              {Kind: List, Role: Both},
	"protect-kernel-defaults": {Kind: Switch, Role: Both},
	"default-runtime":         {Role: Both},
	"pause-image":             {Role: Both, Default: "rancher/mirrored-pause:3.6"},
	"private-registry":        {Role: Both, Default: "/etc/rancher/k3s/registries.yaml"},
	"resolv-conf":             {Role: Both, Env: "K3S_RESOLV_CONF"},
}

// unsupported names the keys that K3s has and this stand-in has not, by the command they belong to.
var unsupported = map[Role][]string{
	Both: {
		"airgap-extra-registry", "alsologtostderr", "container-runtime-endpoint", "disable-default-registry-endpoint",
		"docker", "enable-pprof", "flannel-cni-conf", "flannel-conf", "image-credential-provider-bin-dir",
		"image-credential-provider-config", "image-service-endpoint", "lb-server-port", "log", "node-external-dns",
		"node-internal-dns", "nonroot-devices", "prefer-bundled-bin", "rootless", "selinux", "snapshotter", "vmodule",
		"vpn-auth", "vpn-auth-file", "with-node-id", "disable-apiserver-lb", "bind-address",
	},
	Server: {
		"advertise-port", "datastore-cafile", "datastore-certfile", "datastore-endpoint", "datastore-keyfile",
		"default-local-storage-path", "disable-agent", "disable-apiserver", "disable-controller-manager", "disable-etcd",
		"disable-kube-proxy", "disable-scheduler", "egress-selector-mode", "embedded-registry", "embedded-registry-mirror",
		"etcd-arg", "etcd-s3", "etcd-s3-access-key", "etcd-s3-bucket", "etcd-s3-bucket-lookup-type",
		"etcd-s3-config-secret", "etcd-s3-endpoint", "etcd-s3-endpoint-ca", "etcd-s3-folder", "etcd-s3-insecure",
		"etcd-s3-proxy", "etcd-s3-region", "etcd-s3-retention", "etcd-s3-secret-key", "etcd-s3-session-token",
		"etcd-s3-skip-ssl-verify", "etcd-s3-timeout", "etcd-snapshot-compress", "etcd-snapshot-reconcile-interval",
		"flannel-ipv6-masq", "helm-job-image", "https-listen-port", "kine-tls", "kube-cloud-controller-manager-arg",
		"multi-cluster-cidr", "secrets-encryption-provider", "servicelb-namespace", "supervisor-metrics",
		"supervisor-port", "system-default-registry", "write-kubeconfig-group",
	},
}

func init() {
	for role, names := range unsupported {
		for _, name := range names {
			Keys[name] = Key{Role: role, Kind: List, Unsupported: true}
		}
	}
}
