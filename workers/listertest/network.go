package listertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/specweave/specweave/workers"
	"github.com/specweave/specweave/workers/rest"
)

// Network is a network of HTTP servers in memory. In a bubble of package
// testing/synctest, waits of clients and servers take no time.
type Network struct {
	t     *testing.T
	mu    sync.Mutex
	hosts map[string]*listener
}

// NewNetwork returns a network without hosts. It ends with the test.
func NewNetwork(t *testing.T) *Network {
	t.Helper()
	return &Network{t: t, hosts: make(map[string]*listener)}
}

// Serve answers with h at http://host.
func (n *Network) Serve(host string, h http.Handler) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[host+":80"] = l
	n.mu.Unlock()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Hour}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	n.t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
}

// Transport reaches the hosts of n and no others.
func (n *Network) Transport() *http.Transport {
	t := &http.Transport{DialContext: n.dial}
	n.t.Cleanup(t.CloseIdleConnections)
	return t
}

// Client returns a client of the API at base, which asks as login does and does
// not tell its password.
func (n *Network) Client(base string, login workers.Login, authorize func(workers.Login) func(*http.Request)) *rest.Client {
	n.t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		n.t.Fatal(err)
	}
	return rest.New(rest.Options{
		Base: u, Authorize: authorize(login), Transport: n.Transport(), Logf: n.t.Logf,
		Redact: func(s string) string { return strings.ReplaceAll(s, login.Password, "***") },
	})
}

func (n *Network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.hosts[address]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: no such host", address)
	}
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }
