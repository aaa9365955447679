# What the caller gave, before bash changes more of it; and bytes are characters from here on.
__last=$_ __called=$1 __locale=${LC_ALL+x$LC_ALL} LC_ALL=C __began=${EPOCHREALTIME-}
shift
if [[ ! $__began ]]; then printf -v __began '%(%s)T' -1; fi
set +eu
shopt -s execfail
shopt -u nocasematch
unset -v FUNCNEST
# Bash ignores SIGQUIT, and can't stop that.
trap 'exec /bin/sh -c '\''kill -QUIT "$$"'\''' QUIT
__received=("$@")
