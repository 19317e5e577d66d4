# Everything that loggia needs beyond Go and make is installed by `make test`.

BIN := bin/loggia

.PHONY: all build run test bench profile soak faults fuzz lint fmt generate tools clean

all: build

# Without C, and copied: see docs/decisions/0016-static-binary.md.
build: ## compile bin/loggia
	CGO_ENABLED=0 go build -o $(BIN) ./cmd/loggia
	cp $(BIN) $(BIN).copy && mv $(BIN).copy $(BIN)

run: build ## open the shell on ./var, with the engine in the same process
	$(BIN) --state var

test: tools lint ## install what the tests need, then check and test everything
	go test -race -timeout 15m ./...
	GOARCH=386 CGO_ENABLED=0 go test ./syslogd/wire # what amd64 does in assembly
	cd bench && go vet ./... && go test ./...

bench: ## measure
	go test -run '^$$' -bench . -benchmem ./...

# What each benchmark of the hot path is in, and which.
HOT := syslogd=TCP|Datagrams|TLS|Route syslogd/sink=FileWrite|RemoteTCP syslogd/spool=Append match=Match syslogd/wire=Parse|Framer

profile: ## measure the hot path, for the compiler to do well what it does most
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf $$tmp' EXIT; n=0; for h in $(foreach h,$(HOT),'$(h)'); do n=$$((n+1)); \
	  go test -pgo=off -run '^$$' -bench "$${h#*=}" -benchtime 2s -cpuprofile $$tmp/$$n.prof -o $$tmp/test ./$${h%%=*}; done; \
	go tool pprof -proto $$tmp/*.prof > cmd/loggia/default.pgo

SOAKTIME := 10m
soak: ## 1,000 commits under load, then 2,000 connections that come and go for SOAKTIME
	go test -count=1 -v -timeout 1h -run 'ManyCommitsLeave|ConnectionsComeAndGo' ./syslogd -soak.commits 1000 -soak.churn $(SOAKTIME) -soak.peers 2000

FAULTS := 9000
FAULTKILLS := 1000
FAULTSEED := 1000000
faults: ## 10,000 schedules of random faults, a tenth of them with kill -9
	go test -count=1 -v -timeout 10h -run 'TestFaults' ./syslogd -faults.schedules $(FAULTS) -faults.kills $(FAULTKILLS) -faults.seed $(FAULTSEED)

FUZZTIME := 60s
fuzz: ## run each fuzz target for FUZZTIME
	@set -e; for f in $$(git ls-files '*_test.go' | xargs grep -lE '^func Fuzz' | xargs -n1 dirname | sort -u); do \
	  for t in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$f/*_test.go | cut -c6-); do \
	    echo "$$f $$t"; go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) ./$$f; done; done

lint: ## formatting, vet, staticcheck
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not gofmt-ed: $$files"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

fmt:
	gofmt -w $$(git ls-files '*.go')

generate: ## compile the YANG modules
	go generate ./...

# The tests run real peers: logger, rsyslog, nc; and the race detector needs gcc.
tools:
	@sh testdata/install.sh

clean:
	rm -rf bin var
