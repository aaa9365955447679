#!/bin/sh
# A stand-in for whisper-ctranslate2, for the demo: it has the options that matter here, takes the last value of
# each, as argparse does, and says what it would do. It transcribes nothing.

model=default device=auto compute_type=default recording=''
while [ $# -gt 0 ]; do
	case $1 in
	--version)
		echo 'whisper-ctranslate2 0.0 (a stand-in)'
		exit 0
		;;
	--help)
		echo 'usage: whisper-ctranslate2 [--model M] [--device D] [--compute_type T] [--output_dir DIR] audio'
		exit 0
		;;
	--model) model=$2 && shift ;;
	--device) device=$2 && shift ;;
	--compute_type) compute_type=$2 && shift ;;
	--*) shift ;;
	*) recording=$1 ;;
	esac
	shift
done
if [ ! -f "$recording" ]; then
	echo "no such recording: $recording" >&2
	exit 2
fi
echo "would transcribe ${recording##*/}: model $model, device $device, compute type $compute_type"
