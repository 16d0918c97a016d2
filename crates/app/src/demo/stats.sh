# Statistics over whole numbers given as arguments.

# Prints the middle value; of an even count, the mean of the two middle ones.
median() {
    count=$#
    sorted=$(printf '%s\n' "$@" | sort)
    if [ $((count % 2)) = 1 ]; then
        echo "$sorted" | sed -n "$(((count + 1) / 2))p"
    else
        low=$(echo "$sorted" | sed -n "$((count / 2))p")
        high=$(echo "$sorted" | sed -n "$((count / 2 + 1))p")
        echo $(((low + high) / 2))
    fi
}
