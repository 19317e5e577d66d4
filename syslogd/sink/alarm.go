package sink

import "loggia/audit/event"

// alarm says once that something stopped working, and once that it works again.
// It is used under the lock of its owner; what it has to say is queued, and
// told by the owner without the lock, because the listener may log, and so come
// back here.
type alarm struct {
	place string // in the user's words: the statement that is concerned
	set   bool
	queue *[]event.Entry
}

// raise notes that err keeps the place from working.
func (a *alarm) raise(err error) {
	if a.set {
		return
	}
	a.set = true
	*a.queue = append(*a.queue, event.AlarmSet{Place: a.place, Reason: err.Error()}.Entry())
}

// clear notes that the place works.
func (a *alarm) clear() {
	if !a.set {
		return
	}
	a.set = false
	*a.queue = append(*a.queue, event.AlarmCleared{Place: a.place}.Entry())
}
