package traffic

// The facilities and severities of RFC 5424 section 6.2.1 that the templates
// use, by their wire numbers.
const (
	kern     = 0
	user     = 1
	mail     = 2
	daemon   = 3
	auth     = 4
	cron     = 9
	authpriv = 10
	local0   = 16
	local3   = 19
	local6   = 22
	local7   = 23

	critical = 2
	err      = 3
	warning  = 4
	notice   = 5
	info     = 6
	debug    = 7
)

// template is one kind of message. In text, {a} stands for an IPv4 address,
// {n} for a number, {u} for a user, {x} for eight hexadecimal digits, {i} for
// an interface and {p} for a port.
type template struct {
	tag      string
	facility uint8
	severity uint8
	text     string
}

// templates returns what the simulated machines say: routers, mail and web
// servers and login hosts, so that every rule of a five-file set-up matches
// some of it and no rule matches all.
func templates() []template {
	return []template{
		{"sshd", auth, info, "Accepted publickey for {u} from {a} port {p} ssh2: ED25519 SHA256:{x}{x}"},
		{"sshd", authpriv, notice, "Failed password for invalid user {u} from {a} port {p} ssh2"},
		{"sudo", authpriv, notice, "{u} : TTY=pts/{n} ; PWD=/home/{u} ; USER=root ; COMMAND=/usr/bin/journalctl -n {n}"},
		{"login", auth, err, "authentication failure; uid={n} tty=ttyS0 ruser={u} rhost={a}"},
		{"kernel", kern, info, "[{n}.{n}] {i}: link becomes ready, speed 10000 Mbps, duplex full"},
		{"kernel", kern, warning, "[{n}.{n}] TCP: request_sock_TCP: possible SYN flooding on port {p}; sending cookies"},
		{"kernel", kern, err, "[{n}.{n}] EXT4-fs error (device dm-{n}): inode #{n}: block {n}: checksum invalid"},
		{"rpd", daemon, warning, "bgp_hold_timeout: NOTIFICATION sent to {a} (External AS {n}): hold timer expired, last keepalive {n} s ago"},
		{"rpd", daemon, info, "RPD_OSPF_NBRUP: OSPF neighbor {a} (realm ospf-v2 {i} area 0.0.0.0) state changed from Init to ExStart"},
		{"dhcpd", daemon, debug, "DHCPREQUEST for {a} from {x} via {i}: lease {n} unchanged, {n} leases free"},
		{"chassisd", daemon, critical, "fan tray {n} removed, temperature of zone {n} is {n} C, shutting down line card in {n} s"},
		{"ntpd", daemon, notice, "adjusting local clock by {n} us, peer {a} stratum 2 reachability {x}"},
		{"mib2d", daemon, err, "SNMP_TRAP_LINK_DOWN: ifIndex {n}, ifAdminStatus up, ifOperStatus down, ifName {i}"},
		{"mgd", local7, notice, "user '{u}' entered configuration mode from {a}, session {x}"},
		{"mgd", local6, info, "user '{u}' issued command 'show interfaces {i} extensive | match errors'"},
		{"fwd", local0, warning, "filter edge-in: deny tcp {a}:{p} > {a}:{p} on {i}, {n} packets, length {n}"},
		{"fwd", local0, info, "session {x} closed by timeout: {a}:{p} > {a}:{p} udp {n} bytes in {n} packets"},
		{"app", local3, err, "worker {n} lost its database at {a}:{p}: connection reset, retry in {n} ms"},
		{"app", local3, debug, "cache shard {n} evicted {n} entries in {n} us, hit ratio {n} per mille"},
		{"postfix/smtpd", mail, info, "{x}: client=mail.example.net[{a}], sasl_username={u}, size={n}"},
		{"postfix/qmgr", mail, warning, "{x}: from=<{u}@example.org>, delivery deferred, queue active {n}, next try in {n} s"},
		{"CRON", cron, info, "({u}) CMD (test -x /usr/sbin/anacron || run-parts /etc/cron.hourly # {n})"},
		{"backup", user, notice, "Sicherung von /srv/{u} nach Zürich fertig: {n} Dateien, {n} MiB in {n} s über {i}"},
		{"web", user, info, "{a} - {u} \"GET /api/v2/devices/{n}/state?since={x} HTTP/1.1\" 200 {n} {n} ms"},
	}
}

// filler is appended, cut to measure, to texts that are shorter than the
// length drawn for their message.
const filler = "; the details as the operator reads them: table inet filter, chain forward, policy accept, counters kept, " +
	"route learned by the second neighbor of the group and kept for one hold time before the walk goes on, no change of state seen, " +
	"queue depth within its bound and the next report due at the end of the usual interval of the collector in this room and building"

func users() []string {
	return []string{"alice", "bob", "carla", "deploy", "svc-monitor", "root", "jörg", "x"}
}

func interfaces() []string {
	return []string{"ge-0/0/1.0", "xe-1/2/3", "ae12", "eth0", "irb.204", "lo0.0"}
}

func hosts() []string {
	return []string{"edge-1", "edge-2", "core1.example.net", "leaf-0117", "mx960-lab", "web3", "db-primary", "r9"}
}
