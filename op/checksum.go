package op

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// digest is a way to make a checksum, by the name that commands have for it.
type digest struct {
	word string // of the command
	name string // as answers show it
	rpc  string
	make func() hash.Hash
}

// digests are those that Junos has: for comparing files, not for trusting them.
func digests() []digest {
	return []digest{
		{"md5", "MD5", "get-checksum-information", md5.New},
		{"sha1", "SHA1", "get-sha1-checksum-information", sha1.New},
		{"sha-256", "SHA256", "get-sha256-checksum-information", sha256.New},
	}
}

// checksumCommands are `file checksum` (junos-cli §7.2).
func checksumCommands() []Command {
	var all []Command
	for _, d := range digests() {
		all = append(all, Command{Grammar{Words: "file checksum " + d.word, RPC: d.rpc, Help: "Compute the " + d.name + " of a file", Permission: "view",
			Params: []Param{{Name: "filename", Element: "path", Help: "File, relative to your home", Required: true, Names: FileNames}}}, d.run})
	}
	return all
}

// anyChecksum is the request in which programs name the digest beside the file.
func anyChecksum() Command {
	c := checksumCommands()[0]
	c.Params = append(c.Params, Param{Name: "method", Kind: Option})
	c.Run = func(ctx context.Context, env *Env, a Args) (Result, error) {
		for _, d := range digests() {
			if method := a["method"]; method == d.word || method == "" {
				return d.run(ctx, env, a)
			}
		}
		return nil, &ArgumentError{"method", errors.New("a method is md5, sha1 or sha-256")}
	}
	return c
}

func (d digest) run(ctx context.Context, env *Env, a Args) (Result, error) {
	f, err := env.Files.Open(a["filename"])
	if err != nil {
		return nil, err
	}
	h := d.make()
	_, err = io.Copy(h, contextReader{ctx, f})
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return checksum{d.name, env.Files.Abs(a["filename"]), hex.EncodeToString(h.Sum(nil))}, nil
}

// checksum is the answer of `file checksum`.
type checksum struct{ method, file, sum string }

// WriteText implements Result.
func (c checksum) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s (%s) = %s\n", c.method, c.file, c.sum)
	return err
}

// Element implements Result.
func (c checksum) Element() Element {
	return Group("checksum-information", Group("file-checksum", Leaf("computation-method", c.method), Leaf("input-file", c.file), Leaf("checksum", c.sum)))
}
