# Formula for a Homebrew tap; release.sh fills in what stands between @.
class Specweave < Formula
  desc "Hands long operations to the operating system's own scheduler"
  homepage "https://github.com/specweave/specweave"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@URL@/specweave_@VERSION@_darwin_arm64.tar.gz"
      sha256 "@SHA256_darwin_arm64@"
    end
    on_intel do
      url "@URL@/specweave_@VERSION@_darwin_amd64.tar.gz"
      sha256 "@SHA256_darwin_amd64@"
    end
  end
  on_linux do
    on_arm do
      url "@URL@/specweave_@VERSION@_linux_arm64.tar.gz"
      sha256 "@SHA256_linux_arm64@"
    end
    on_intel do
      url "@URL@/specweave_@VERSION@_linux_amd64.tar.gz"
      sha256 "@SHA256_linux_amd64@"
    end
  end

  def install
    bin.install "specweave"
    man1.install "man/specweave.1.gz"
    bash_completion.install "completions/bash" => "specweave"
    fish_completion.install "completions/fish" => "specweave.fish"
    zsh_completion.install "completions/zsh" => "_specweave"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/specweave version")
  end
end
