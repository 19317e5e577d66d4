package event

// Kind describes one kind of event for people: `help syslog`.
type Kind struct {
	Event        // with <names> in the place of values
	Help  string // what happened, one line
}

// Catalogue returns what the program writes to the log with a tag, by tag.
func Catalogue() []Kind {
	const user, command, path, why = "<username>", "<command>", "<path>", "<reason>"
	return []Kind{
		{TrailRecovered{Damaged: "<file>"}, "The audit trail had been cut short and was mended"},
		{HostChannel{State: ChannelClosed, Host: "<host>", Transport: "<transport>", Local: "<local>", Peer: "<peer>", Subject: "<subject>", Fingerprint: "<fingerprint>", Reason: why}, "A connection to a log server ended"},
		{HostChannel{State: ChannelFailed, Host: "<host>", Transport: "<transport>", Local: "<local>", Peer: "<peer>", Subject: "<subject>", Fingerprint: "<fingerprint>", Reason: why}, "A connection to a log server could not be made"},
		{HostChannel{State: ChannelOpened, Host: "<host>", Transport: "<transport>", Local: "<local>", Peer: "<peer>", Subject: "<subject>", Fingerprint: "<fingerprint>", Reason: why}, "A connection to a log server was made"},
		{MessageLoop{"<source>"}, "Messages that were sent from here came back"},
		{SpoolCleared{user, "<host>", "<count>"}, "A user dropped what waited for a log server"},
		{AccountLocked{Username: user}, "A login is locked after too many wrong passwords"},
		{AccountUnlocked{user}, "A locked login may be used again"},
		{CertificateChanged{Username: user, Action: "<action>", Kind: "<type>", Name: "<name>"}, "A certificate or a key was made, loaded or cleared"},
		{CertificateExpiry{Kind: "<type>", Name: "<name>"}, "A certificate is about to expire, or has expired"},
		{HostKeyDeleted{"<type>", "<fingerprint>"}, "A host key was destroyed"},
		{HostKeyGenerated{"<type>", "<fingerprint>"}, "A host key was made"},
		{SSHThreshold{Limit: 3, Username: user}, "So many wrong passwords came in a row"},
		{SSHLoginFailed{Username: user}, "A login over the network failed"},
		{UserKeyChanged{Username: user, Key: "<key>"}, "A commit added or removed a user's key"},
		{AbnormalShutdown{}, "The program had ended without a word, by kill -9 or a power cut"},
		{AlarmCleared{"<place>"}, "A part of the configuration works again"},
		{AlarmSet{"<place>", why}, "A part of the configuration does not work"},
		{Fault{why}, "Something went wrong once"},
		{MessagesLost{Where: "<where>", Reasons: "<reasons>"}, "Messages were lost, and how many"},
		{Operational{"<version>"}, "The program started"},
		{Shutdown{"<type>", user, "<time>", "<message>"}, "The program ended in order"},
		{StatisticsCleared{user}, "A user set the counters of messages to zero"},
		{StorageFull{Policy: "<policy>"}, "The disk of the logs is full but for what is reserved"},
		{StorageResumed{}, "The disk of the logs has room again, and what was lost"},
		{InputChannel{State: ChannelClosed, Peer: "<peer>", Local: "<local>"}, "An encrypted connection to an input ended"},
		{InputChannel{State: ChannelFailed, Peer: "<peer>", Local: "<local>", Reason: why}, "An encrypted connection to an input was refused"},
		{InputChannel{State: ChannelOpened, Peer: "<peer>", Local: "<local>"}, "An encrypted connection to an input began"},
		{AccessRefused{user, "<action>", "<filename>", why}, "A user was refused a file"},
		{Authenticated{user, "<class>"}, "A user was let in"},
		{ConfigNew{user, "<action>", path, "<name>"}, "A statement got a new name or place"},
		{ConfigOther{Username: user, Action: "<action>", Path: path}, "A statement was deleted, marked or annotated"},
		{ConfigSet{Username: user, Action: "<action>", Path: path, New: "<value>"}, "A statement got a value"},
		{ConfigSetSecret{user, "<action>", path}, "A secret got a value, which is withheld"},
		{ChangeRefused{user, path}, "A user was refused a change of the configuration"},
		{CommandLine{user, command}, "A user typed a command"},
		{CommandRefused{user, command}, "A user was refused a command"},
		{Commit{Username: user, Command: command}, "A user asked for a commit"},
		{CommitAt{Username: user, Command: command}, "A commit was put off"},
		{CommitAtAbort{Username: user, Command: command}, "A commit that was put off was cancelled"},
		{CommitAtCompleted{Command: command}, "A commit that was put off was made"},
		{CommitAtFailed{Reason: why}, "A commit that was put off failed"},
		{CommitCompleted{}, "A new configuration is in force"},
		{CommitConfirmed{Username: user, Command: command}, "A commit was confirmed"},
		{CommitConfirmedReminder{}, "The time to confirm a commit is running out"},
		{CommitConfirmedTimed{Username: user, Command: command}, "A commit waits for its confirmation"},
		{CommitNotConfirmed{}, "A commit was not confirmed and is undone"},
		{CommitProgress{StepCheck}, "A commit began a step"},
		{CommitRollbackFailed{why}, "A commit that was not confirmed could not be undone"},
		{ConfigurationError{Path: path, Statement: "<statement>", Message: "<message>"}, "A problem stopped a commit or a load"},
		{DatabaseLogin{user}, "A user entered configuration mode"},
		{DatabaseLogout{user}, "A user left configuration mode"},
		{FileTransfer{user, "<action>", "<filename>"}, "A user transferred a file"},
		{Load{Username: user, Command: command}, "A user loaded configuration"},
		{Login{Username: user, Class: "<class>", Connection: "<connection>", Mode: "<mode>"}, "A session began"},
		{LoginRefused{Username: user, Reason: why}, "Somebody was not let in"},
		{Logout{user}, "A session ended"},
		{LogStream{Username: user, Stream: "<log>", Connection: "<connection>", Reason: why}, "A user began or ended receiving a log as it is written"},
		{NetconfCommand{user, command}, "A user sent an RPC over NETCONF"},
		{RescueOperation{Username: user, Action: "<action>"}, "The rescue configuration was saved or deleted"},
	}
}
