package scenario

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"loggia/bench/target"
)

// addresses is where a run's target listens and relays to.
type addresses struct {
	listen string // TCP, TLS or UDP
	unix   string // path
	sink   string // empty without a relay
}

// place is the directories of a run.
type place struct{ root, work, out, spool string }

// newPlace makes the directories of a run below root.
func newPlace(root string) (place, error) {
	p := place{root, filepath.Join(root, "work"), filepath.Join(root, "out"), filepath.Join(root, "spool")}
	var errs []error
	for _, dir := range []string{p.work, p.out, p.spool} {
		errs = append(errs, os.Mkdir(dir, 0o755))
	}
	return p, errors.Join(errs...)
}

// environment returns the BENCH_* variables of a run.
func (s Scenario) environment(p place, at addresses, rotateFiles int) []string {
	env := []string{
		"BENCH_SCENARIO=" + s.Name,
		"BENCH_WORK=" + p.work,
		"BENCH_OUT=" + p.out,
		"BENCH_SPOOL=" + p.spool,
		"BENCH_RULES=" + s.Rules,
	}
	switch s.Transport {
	case TCP:
		env = append(env, "BENCH_TCP="+at.listen)
	case Octet:
		env = append(env, "BENCH_OCTET="+at.listen)
	case UDP:
		env = append(env, "BENCH_UDP="+at.listen)
	case Unix:
		env = append(env, "BENCH_UNIX="+at.unix)
	case TLS:
		env = append(env, "BENCH_TLS="+at.listen,
			"BENCH_CERT="+filepath.Join(p.root, "cert.pem"), "BENCH_KEY="+filepath.Join(p.root, "key.pem"))
	}
	switch s.Rules {
	case "rot":
		env = append(env, fmt.Sprintf("BENCH_ROTATE_SIZE=%d", rotateSize), fmt.Sprintf("BENCH_ROTATE_FILES=%d", rotateFiles))
	case "match":
		env = append(env, "BENCH_MATCH="+MatchExpression)
	}
	if at.sink != "" {
		env = append(env, "BENCH_FORWARD="+at.sink)
	}
	if len(s.Away) > 0 {
		env = append(env, "BENCH_DISKQUEUE=1")
	}
	return env
}

// endpoints returns the sockets that the target has to open.
func (s Scenario) endpoints(at addresses) []target.Endpoint {
	switch s.Transport {
	case Unix:
		return []target.Endpoint{{Network: "unixgram", Address: at.unix}}
	case UDP:
		return []target.Endpoint{{Network: "udp", Address: at.listen}}
	}
	return []target.Endpoint{{Network: "tcp", Address: at.listen}}
}

// writeCertificate makes cert.pem and key.pem in dir, self-signed for 127.0.0.1.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "bench"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}
