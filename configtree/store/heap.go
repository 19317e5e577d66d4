package store

// Heap looks after the memory of the process. Its methods may be called from many
// goroutines at once, and do not wait.
type Heap interface {
	// Loading is told that a large load has begun, which leaves next to no garbage
	// while it is read.
	Loading()

	// Settled is told that a load or a commit has ended, which have left much of it.
	Settled()
}

// anyHeap is for whom memory does not matter.
type anyHeap struct{}

func (anyHeap) Loading() {}
func (anyHeap) Settled() {}
