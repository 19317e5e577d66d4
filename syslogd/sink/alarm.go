package sink

// Alarm is what a destination has to say about itself: that something stopped
// working, or works again.
type Alarm struct {
	Place string // in the user's words: the statement that is concerned
	Err   error  // nil: it works again
}

// String is the alarm in words.
func (a Alarm) String() string {
	if a.Err == nil {
		return a.Place + ": works again"
	}
	return a.Place + ": " + a.Err.Error()
}

// alarm says once that something stopped working, and once that it works again.
// It is used under the lock of its owner; what it has to say is queued, and
// told by the owner without the lock, because the listener may log, and so come
// back here.
type alarm struct {
	place string
	set   bool
	queue *[]Alarm
}

// raise notes that err keeps the place from working.
func (a *alarm) raise(err error) {
	if a.set {
		return
	}
	a.set = true
	*a.queue = append(*a.queue, Alarm{a.place, err})
}

// clear notes that the place works.
func (a *alarm) clear() {
	if !a.set {
		return
	}
	a.set = false
	*a.queue = append(*a.queue, Alarm{Place: a.place})
}
