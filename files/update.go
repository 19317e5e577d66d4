package files

import "os"

// Update opens a file to write in the middle of it, and makes it if it is
// missing. What is not written stays.
func (r *Root) Update(name string) (*os.File, error) { return r.write(name, 0) }

// Mkdir makes a directory.
func (r *Root) Mkdir(name string) error {
	p, err := r.find(name, write)
	if err != nil {
		return err
	}
	_, err = in(p, name, func(root *os.Root) (struct{}, error) { return struct{}{}, root.Mkdir(p.rel, 0o700) })
	return err
}

// Above returns the names in a directory that lies above those of the tree and is
// there to be walked through, and whether name is one.
func (r *Root) Above(name string) ([]string, bool) {
	switch r.Abs(name) {
	case "/":
		return []string{"config", "var"}, true
	case "/var":
		return []string{"home", "log", "tmp"}, true
	case "/var/home":
		return []string{r.o.User}, true
	}
	return nil, false
}
