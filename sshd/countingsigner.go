package sshd

import (
	"io"

	"golang.org/x/crypto/ssh"
)

// countingSigner tells of every signature, and makes none when that is refused.
type countingSigner struct {
	ssh.AlgorithmSigner
	signed func() error
}

// Sign implements ssh.Signer. The library calls it when the algorithm is that of
// the key's format.
func (s countingSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	if err := s.signed(); err != nil {
		return nil, err
	}
	return s.AlgorithmSigner.Sign(rand, data)
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (s countingSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if err := s.signed(); err != nil {
		return nil, err
	}
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
}
