package loggia

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitLog waits for lines in a log of the state directory.
func waitLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: waitlog FILE REGEXP [COUNT]")
	}
	file := filepath.Join(ts.Getenv("LOGGIA_STATE"), "log", args[0])
	await(ts, args, func() ([]byte, error) { return withArchives(file) })
}

// waitFor waits for lines in another file.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("usage: waitfor FILE [REGEXP [COUNT]]")
	}
	if len(args) == 1 {
		args = append(args, "", "0") // that it is there
	}
	await(ts, args, func() ([]byte, error) { return os.ReadFile(ts.MkAbs(args[0])) })
}

func await(ts *testscript.TestScript, args []string, read func() ([]byte, error)) {
	want := 1
	if len(args) == 3 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		want = n
	}
	expr, err := regexp.Compile(args[1])
	ts.Check(err)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(patience); ; <-tick.C {
		text, err := read()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			ts.Check(err)
		}
		switch n := matching(text, expr); {
		case err == nil && n >= want:
			return
		case time.Now().After(limit):
			ts.Fatalf("%s: %d lines match %s after %v, want %d; it holds\n%s", args[0], n, expr, patience, want, tail(text))
		}
	}
}

// count counts lines of a log of the state directory, archives included.
func count(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: count FILE REGEXP COUNT")
	}
	expr, err := regexp.Compile(args[1])
	ts.Check(err)
	text, err := withArchives(filepath.Join(ts.Getenv("LOGGIA_STATE"), "log", args[0]))
	ts.Check(err)
	if n := strconv.Itoa(matching(text, expr)); n != args[2] {
		ts.Fatalf("%s: %s lines match %s, want %s; it holds\n%s", args[0], n, expr, args[2], tail(text))
	}
}

func matching(text []byte, expr *regexp.Regexp) (n int) {
	for line := range bytes.Lines(text) {
		if expr.Match(bytes.TrimSuffix(line, []byte("\n"))) {
			n++
		}
	}
	return n
}

// tail is the end of a text, for a message.
func tail(text []byte) []byte {
	const most = 4000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return text
}

// withArchives is a log as gzip and cat see it, oldest archive first, at a
// moment at which nothing is being rotated or compressed.
func withArchives(file string) ([]byte, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(patience); ; <-tick.C {
		before, err := settled(file)
		if err == nil {
			var text []byte
			text, err = readAll(file, len(before)-1)
			after, moved := settled(file)
			if err == nil && moved == nil && slices.Equal(before, after) {
				return text, nil
			}
		} else if !errors.Is(err, errMoving) {
			return nil, err
		}
		if time.Now().After(limit) {
			return nil, errors.Join(errMoving, err)
		}
	}
}

var errMoving = errors.New("is being rotated")

// settled lists the inodes of a log and its archives, unless something turned
// over is still to be compressed.
func settled(file string) ([]uint64, error) {
	var inodes []uint64
	for i := -1; ; i++ {
		name := file
		if i >= 0 {
			name = fmt.Sprintf("%s.%d.gz", file, i)
		}
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) && i >= 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		inodes = append(inodes, info.Sys().(*syscall.Stat_t).Ino)
	}
	turned, err := filepath.Glob(file + ".??????????")
	if err != nil || len(turned) > 0 {
		return nil, errors.Join(errMoving, err)
	}
	return inodes, nil
}

func readAll(file string, archives int) ([]byte, error) {
	var text bytes.Buffer
	for i := archives - 1; i >= 0; i-- {
		if err := unpack(&text, fmt.Sprintf("%s.%d.gz", file, i)); err != nil {
			return nil, err
		}
	}
	live, err := os.ReadFile(file)
	text.Write(live)
	return text.Bytes(), err
}

func unpack(to io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, z)
	return err
}

// sink receives messages and writes each as a line to a file.
func sink(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sink udp|tcp [ADDRESS:]PORT FILE")
	}
	out, err := os.Create(ts.MkAbs(args[2]))
	ts.Check(err)
	r, address := &receiver{out: out}, args[1]
	if !strings.Contains(address, ":") {
		address = "127.0.0.1:" + address
	}
	switch args[0] {
	case "udp":
		conn, err := net.ListenPacket("udp", address)
		ts.Check(err)
		r.keep(conn)
		r.wg.Go(func() { r.datagrams(conn) })
	case "tcp":
		l, err := net.Listen("tcp", address)
		ts.Check(err)
		r.keep(l)
		r.wg.Go(func() { r.streams(l) })
	default:
		ts.Fatalf("sink %s?", args[0])
	}
	s := of(ts)
	s.ends = append(s.ends, r.close)
}

// receiver is a sink.
type receiver struct {
	out io.WriteCloser
	wg  sync.WaitGroup

	mu    sync.Mutex // guards open, and writing to out
	open  []io.Closer
	ended bool
}

// keep has close close c.
func (r *receiver) keep(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, c)
	if r.ended {
		c.Close()
	}
}

func (r *receiver) close() {
	r.mu.Lock()
	r.ended = true
	for _, c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.wg.Wait()
	r.out.Close()
}

func (r *receiver) write(message []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "%s\n", message)
}

func (r *receiver) datagrams(conn net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		r.write(buf[:n])
	}
}

func (r *receiver) streams(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		r.keep(conn)
		r.wg.Go(func() {
			defer conn.Close()
			for in := bufio.NewReader(conn); ; {
				message, err := frame(in)
				if err != nil {
					return
				}
				r.write(message)
			}
		})
	}
}

// frame reads one message in either framing of RFC 6587.
func frame(r *bufio.Reader) ([]byte, error) {
	first, err := r.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] < '1' || first[0] > '9' { // 3.4.2: ends with a newline
		line, err := r.ReadBytes('\n')
		return bytes.TrimSuffix(line, []byte("\n")), err
	}
	length, err := r.ReadString(' ') // 3.4.1: octet counting
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
	if err != nil {
		return nil, err
	}
	message := make([]byte, n)
	_, err = io.ReadFull(r, message)
	return message, err
}

// send sends the bytes of a file, with Go escapes such as \x00 in them
// resolved, without the last newline. Over TCP they are one message, with it;
// `#` in them is the number of the copy.
func send(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: send FILE udp|tcp|unix ADDRESS [COPIES]")
	}
	copies := 1
	if len(args) == 4 {
		n, err := strconv.Atoi(args[3])
		ts.Check(err)
		copies = n
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), `"`, `\"`) + `"`)
	ts.Check(err)
	network, address, end := args[1], args[2], ""
	switch network {
	case "unix":
		network = "unixgram"
	case "tcp":
		end = "\n"
		fallthrough
	default:
		address = "127.0.0.1:" + address
	}
	conn, err := net.Dial(network, address)
	ts.Check(err)
	defer conn.Close()
	var w io.Writer = conn
	if network == "tcp" {
		buffered := bufio.NewWriter(conn)
		defer func() { ts.Check(buffered.Flush()) }()
		w = buffered
	}
	for i := range copies {
		_, err := io.WriteString(w, strings.ReplaceAll(text, "#", strconv.Itoa(i))+end)
		ts.Check(err)
	}
}
