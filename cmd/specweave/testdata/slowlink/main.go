// Command slowlink forwards TCP connections from a free port of this machine
// to ADDRESS, as over a line with the round trip RTT: every byte arrives half
// of it later, however many are under way, and a new connection costs a whole
// one before its first byte leaves. It prints its own address and runs until
// its standard input ends.
//
//	slowlink ADDRESS RTT
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// parcel is some bytes and when they arrive.
type parcel struct {
	due  time.Time
	data []byte
}

func main() {
	rtt, err := time.ParseDuration(os.Args[2])
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				panic(err)
			}
			go join(near.(*net.TCPConn), os.Args[1], rtt)
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// join connects near with address until both sides have closed.
func join(near *net.TCPConn, address string, rtt time.Duration) {
	defer near.Close()
	opened := time.Now()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	far := conn.(*net.TCPConn)
	defer far.Close()
	done := make(chan struct{})
	go func() {
		carry(far, near, rtt/2, opened.Add(rtt))
		close(done)
	}()
	carry(near, far, rtt/2, opened)
	<-done
}

// carry copies from one side to the other, delay later, nothing before first.
func carry(to, from *net.TCPConn, delay time.Duration, first time.Time) {
	way := make(chan parcel, 1<<14) // what is under way must not hold up what follows
	go func() {
		defer close(way)
		for {
			b := make([]byte, 32<<10)
			n, err := from.Read(b)
			if n > 0 {
				sent := time.Now()
				if sent.Before(first) {
					sent = first
				}
				way <- parcel{sent.Add(delay), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range way {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			_ = from.CloseRead()
			continue // to the end, or the reader would wait for ever
		}
	}
	_ = to.CloseWrite()
}
