package op

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/configtree/schema"
)

// PKI keeps the certificates of this machine and of authorities.
type PKI interface {
	// List returns the certificates by name: those of authorities, or of this machine.
	List(authorities bool) []Certificate
	// KeyPairs returns the names of key pairs that wait for a certificate.
	KeyPairs() ([]string, error)
	// GenerateKeyPair makes a key pair and returns its description; kind is such as
	// `ecdsa-256`, empty for the usual.
	GenerateKeyPair(name, kind string) (string, error)
	// Generate makes a certificate that vouches for itself.
	Generate(name string, r CertificateRequest) (*x509.Certificate, error)
	// Request returns a request for an authority, in PEM.
	Request(name string, r CertificateRequest) ([]byte, error)
	// LoadLocal takes a certificate with its chain; a nil key is one that is here.
	LoadLocal(name string, certificate, key []byte) (*x509.Certificate, error)
	// LoadAuthority takes the certificates of an authority.
	LoadAuthority(profile string, certificates []byte) (*x509.Certificate, error)
	// Clear forgets a name with its keys.
	Clear(authority bool, name string) error
}

// Certificate is a certificate as `show` lists it.
type Certificate struct {
	*x509.Certificate
	Name        string // under which it stands
	Pending     bool   // it takes force with the next commit
	Key         string // such as `ECDSA 256 bits`
	Fingerprint string // sha-256:…
}

// CertificateRequest is what a certificate is to say.
type CertificateRequest struct {
	Subject     string
	DomainNames []string
	Addresses   []netip.Addr
	Days        int // 0 is the usual
}

// maxPKIFile bounds what is read of a file, in bytes; the store of certificates
// has the same bound.
const maxPKIFile = 64 << 10

// pkiCommands are the commands about certificates.
func pkiCommands() []Command {
	name := Param{Name: "certificate-id", Kind: Option, Required: true, Help: "Name of the certificate", Choices: localNames}
	profile := Param{Name: "ca-profile", Kind: Option, Required: true, Help: "Name of the authority's profile", Choices: authorityNames}
	file := Param{Name: "filename", Kind: Option, Required: true, Help: "File with the certificate, PEM or DER", Names: FileNames}
	key := Param{Name: "key", Kind: Option, Help: "File with its private key, unless it was made here", Names: FileNames}
	days := Param{Name: "days", Kind: Option, Help: "How long it is valid; 825 days otherwise", Type: unsigned(1, 3650)}
	holder := []Param{name,
		{Name: "subject", Kind: Option, Help: "Whose it is, such as CN=logs.example.net,O=Example"},
		{Name: "domain-name", Kind: Option, Help: "Names of the machine, with commas between them"},
		{Name: "ip-address", Kind: Option, Help: "Addresses of the machine, with commas between them"}}
	one := func(p Param) []Param {
		p.Required = false
		return []Param{p, {Name: "detail", Kind: Flag, Help: "With all that it says"}}
	}
	const sees, changes = "security", "security-control"
	return []Command{
		{Grammar{Words: "request security pki generate-key-pair", RPC: "generate-pki-key-pair", Help: "Make a key pair for a certificate to come", Permission: changes, NoPipe: true, Params: []Param{name,
			{Name: "type", Kind: Option, Help: "Algorithm: ecdsa unless it is said", Choices: words([2]string{"ecdsa", "Short, and known everywhere"},
				[2]string{"ed25519", "Short and fast; not known to old programs"}, [2]string{"rsa", "Long, for old programs"}), Only: true},
			{Name: "size", Kind: Option, Help: "Bits: ecdsa 256, 384, 521; rsa 2048, 4096", Type: unsigned(256, 4096)}}}, generateKeyPair},
		{Grammar{Words: "request security pki generate-certificate-request", RPC: "generate-pki-certificate-request", Help: "Write a request for an authority", Permission: changes, Params: holder}, requestCertificate},
		{Grammar{Words: "request security pki local-certificate generate-self-signed", RPC: "generate-pki-self-signed-local-certificate", Help: "Make a certificate that vouches for itself",
			Permission: changes, NoPipe: true, Params: append(holder[:len(holder):len(holder)], days)}, generateCertificate},
		{Grammar{Words: "request security pki local-certificate load", RPC: "load-pki-local-certificate", Help: "Take a certificate from a file", Permission: changes, NoPipe: true,
			Params: []Param{name, file, key}}, loadLocal},
		{Grammar{Words: "request security pki ca-certificate load", RPC: "load-pki-ca-certificate", Help: "Take the certificate of an authority from a file", Permission: changes, NoPipe: true,
			Params: []Param{profile, file}}, loadAuthority},
		{Grammar{Words: "show security pki local-certificate", RPC: "get-pki-local-certificate", Help: "Show the certificates of this machine", Permission: sees, Params: one(name)}, showLocal},
		{Grammar{Words: "show security pki ca-certificate", RPC: "get-pki-ca-certificate", Help: "Show the certificates of authorities", Permission: sees, Params: one(profile)}, showAuthorities},
		{Grammar{Words: "clear security pki local-certificate", RPC: "clear-pki-local-certificate", Help: "Forget a certificate and its keys", Permission: changes, NoPipe: true, Params: []Param{name}}, clearLocal},
		{Grammar{Words: "clear security pki ca-certificate", RPC: "clear-pki-ca-certificate", Help: "Forget the certificate of an authority", Permission: changes, NoPipe: true, Params: []Param{profile}}, clearAuthority},
	}
}

func unsigned(low, high uint64) schema.Type {
	return schema.Type{Base: schema.Unsigned, Ranges: []schema.Range{{Min: low, Max: high}}}
}

// words offers words, each followed by its help.
func words(all ...[2]string) func(*Env, string) []Choice {
	return func(*Env, string) []Choice {
		out := make([]Choice, len(all))
		for i, w := range all {
			out[i] = Choice{Name: w[0], Help: w[1]}
		}
		return out
	}
}

func localNames(env *Env, _ string) []Choice {
	out := certificateNames(env.PKI.List(false))
	pairs, err := env.PKI.KeyPairs()
	if err != nil {
		return out // the command itself will say why
	}
	for _, name := range pairs {
		out = append(out, Choice{name, "key pair without a certificate"})
	}
	return out
}

func authorityNames(env *Env, _ string) []Choice { return certificateNames(env.PKI.List(true)) }

func certificateNames(all []Certificate) []Choice {
	var out []Choice
	for i, c := range all {
		if i == 0 || all[i-1].Name != c.Name {
			out = append(out, Choice{c.Name, c.Subject.String()})
		}
	}
	return out
}

func generateKeyPair(_ context.Context, env *Env, a Args) (Result, error) {
	kind := a["type"]
	if kind == "" {
		kind = "ecdsa"
	}
	size := a["size"]
	if size == "" {
		size = map[string]string{"ecdsa": "256", "rsa": "2048"}[kind]
	}
	if size != "" {
		kind += "-" + size
	}
	text, err := env.PKI.GenerateKeyPair(a["certificate-id"], kind)
	if err != nil {
		return nil, err
	}
	env.Recorder.Record(env.Caller, event.CertificateChanged{Username: env.Caller.User, Action: "generated", Kind: "key-pair", Name: a["certificate-id"]})
	return Text(fmt.Sprintf("Generated key pair %s, %s\n", a["certificate-id"], text)), nil
}

// holderOf reads what a certificate is to say.
func holderOf(a Args) (CertificateRequest, error) {
	r := CertificateRequest{Subject: a["subject"], Days: a.Int("days", 0)}
	if a.Has("domain-name") {
		r.DomainNames = strings.Split(a["domain-name"], ",")
	}
	if a.Has("ip-address") {
		for text := range strings.SplitSeq(a["ip-address"], ",") {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return r, fmt.Errorf("%q is no IP address", text)
			}
			r.Addresses = append(r.Addresses, addr)
		}
	}
	return r, nil
}

func requestCertificate(_ context.Context, env *Env, a Args) (Result, error) {
	r, err := holderOf(a)
	if err != nil {
		return nil, err
	}
	text, err := env.PKI.Request(a["certificate-id"], r)
	if err != nil {
		return nil, err
	}
	env.Recorder.Record(env.Caller, event.CertificateChanged{Username: env.Caller.User, Action: "requested", Kind: localKind, Name: a["certificate-id"]})
	return Text(text), nil
}

// The kinds as records call them.
const (
	localKind     = "local-certificate"
	authorityKind = "ca-certificate"
)

func generateCertificate(_ context.Context, env *Env, a Args) (Result, error) {
	r, err := holderOf(a)
	if err != nil {
		return nil, err
	}
	x, err := env.PKI.Generate(a["certificate-id"], r)
	if err != nil {
		return nil, err
	}
	return changed(env, "Generated", localKind, a["certificate-id"], x), nil
}

func loadLocal(_ context.Context, env *Env, a Args) (Result, error) {
	certificate, err := readBounded(env, a["filename"])
	if err != nil {
		return nil, err
	}
	var key []byte
	if a.Has("key") {
		if key, err = readBounded(env, a["key"]); err != nil {
			return nil, err
		}
	}
	x, err := env.PKI.LoadLocal(a["certificate-id"], certificate, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a["filename"], err)
	}
	return changed(env, "Loaded", localKind, a["certificate-id"], x), nil
}

func loadAuthority(_ context.Context, env *Env, a Args) (Result, error) {
	certificates, err := readBounded(env, a["filename"])
	if err != nil {
		return nil, err
	}
	x, err := env.PKI.LoadAuthority(a["ca-profile"], certificates)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a["filename"], err)
	}
	return changed(env, "Loaded", authorityKind, a["ca-profile"], x), nil
}

// changed records what was done, and says that a commit is needed.
func changed(env *Env, action, kind, name string, x *x509.Certificate) Result {
	c := Certificate{Certificate: x}
	for _, one := range env.PKI.List(kind == authorityKind) {
		if one.Name == name && one.Certificate.Equal(x) {
			c = one
		}
	}
	env.Recorder.Record(env.Caller, event.CertificateChanged{Username: env.Caller.User, Action: strings.ToLower(action), Kind: kind, Name: name,
		Fingerprint: c.Fingerprint, Subject: visible(x.Subject.String())})
	return Text(fmt.Sprintf("%s %s %s, %s\nIt takes force with the next commit\n", action, kind, name, c.Fingerprint))
}

func readBounded(env *Env, name string) (data []byte, err error) {
	f, err := env.Files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err = io.ReadAll(io.LimitReader(f, maxPKIFile+1))
	if err == nil && len(data) > maxPKIFile {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxPKIFile)
	}
	return data, err
}

func clearLocal(_ context.Context, env *Env, a Args) (Result, error) {
	return nil, clearCertificate(env, localKind, a["certificate-id"])
}

func clearAuthority(_ context.Context, env *Env, a Args) (Result, error) {
	return nil, clearCertificate(env, authorityKind, a["ca-profile"])
}

func clearCertificate(env *Env, kind, name string) error {
	if err := env.PKI.Clear(kind == authorityKind, name); err != nil {
		return err
	}
	env.Recorder.Record(env.Caller, event.CertificateChanged{Username: env.Caller.User, Action: "cleared", Kind: kind, Name: name})
	return nil
}

// certificateList is the answer of `show security pki …`.
type certificateList struct {
	all    []Certificate
	title  string // what stands before the name
	detail bool
	zone   *time.Location
}

func showLocal(_ context.Context, env *Env, a Args) (Result, error) {
	return listCertificates(env, a, false, "certificate-id", "Certificate identifier")
}

func showAuthorities(_ context.Context, env *Env, a Args) (Result, error) {
	return listCertificates(env, a, true, "ca-profile", "CA profile")
}

func listCertificates(env *Env, a Args, authorities bool, param, title string) (Result, error) {
	l := certificateList{title: title, detail: a.Has("detail"), zone: env.Now().Location()}
	for _, c := range env.PKI.List(authorities) {
		if !a.Has(param) || a[param] == c.Name {
			l.all = append(l.all, c)
		}
	}
	if a.Has(param) && len(l.all) == 0 {
		return nil, fmt.Errorf("there is no certificate %s", a[param])
	}
	return l, nil
}

// visible makes text from a certificate fit for a line.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}

// fields are the lines about c: name and value.
func (l certificateList) fields(c Certificate) [][2]string {
	stamp := func(t time.Time) string { return t.In(l.zone).Format("2006-01-02 15:04:05 MST") }
	all := [][2]string{{"Issued to", visible(c.Subject.String())}, {"Issued by", visible(c.Issuer.String())}}
	var names []string
	for _, d := range c.DNSNames {
		names = append(names, visible(d))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) > 0 {
		all = append(all, [2]string{"Alternate subject", strings.Join(names, ", ")})
	}
	all = append(all, [2]string{"Not before", stamp(c.NotBefore)}, [2]string{"Not after", stamp(c.NotAfter)},
		[2]string{"Public key algorithm", c.Key}, [2]string{"Fingerprint", c.Fingerprint})
	if l.detail {
		all = append(all, [2]string{"Serial number", fmt.Sprintf("%x", c.SerialNumber)}, [2]string{"Signature algorithm", c.SignatureAlgorithm.String()},
			[2]string{"Certificate version", fmt.Sprint(c.Version)}, [2]string{"Authority", map[bool]string{true: "yes", false: "no"}[c.IsCA]})
	}
	if c.Pending {
		all = append(all, [2]string{"State", "takes force with the next commit"})
	}
	return all
}

// WriteText implements Result.
func (l certificateList) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		for i, c := range l.all {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(b, "%s: %s\n", l.title, c.Name)
			for _, f := range l.fields(c) {
				fmt.Fprintf(b, "  %s: %s\n", f[0], f[1])
			}
		}
	})
}

// Element implements Result.
func (l certificateList) Element() Element {
	e := Element{Name: "x509-pki-certificate-information"}
	for _, c := range l.all {
		row := Group("pki-x509-certificate", Leaf("identifier-value", c.Name))
		for _, f := range l.fields(c) {
			row.Children = append(row.Children, Leaf(strings.ReplaceAll(strings.ToLower(f[0]), " ", "-"), f[1]))
		}
		e.Children = append(e.Children, row)
	}
	return e
}
